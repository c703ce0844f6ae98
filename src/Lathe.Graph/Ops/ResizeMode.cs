namespace Lathe.Graphs.Ops;

/// <summary>How <see cref="Resize"/> finds an element between elements.</summary>
public enum ResizeMode
{
    Nearest, Linear, Cubic,
}
