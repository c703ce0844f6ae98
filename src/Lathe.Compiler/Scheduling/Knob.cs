namespace Lathe.Compilation.Scheduling;

/// <summary>A number that a schedule sets.</summary>
public readonly record struct Knob(string Name, long Value)
{
    public override string ToString() => $"{Name}={Value}";
}
