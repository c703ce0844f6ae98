namespace Lathe.Formats.Onnx.Importing;

/// <summary>The names that a graph, a subgraph or a function's body sees: its own, then those of the graphs around it.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly Dictionary<string, Slot> _slots = [];

    /// <summary>Defines a name. In one scope every name is given once.</summary>
    public void Define(string name, Slot slot)
    {
        if (!_slots.TryAdd(name, slot))
            throw new ModelException("LATHE3040", $"the value '{name}' is given twice");
    }

    /// <summary>Puts a value in place of what the name stood for where it was defined.</summary>
    public void Replace(string name, Slot slot)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._slots.ContainsKey(name))
            {
                scope._slots[name] = slot;
                return;
            }
        }
    }

    public Slot? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope._slots.TryGetValue(name, out var slot))
                return slot;
        return null;
    }

    private Scope? Outer => outer;
}
