using Lathe.Formats.TFLite.Importing;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators that a converter keeps whole by a name, such as attention, beside a graph of the model that says what they compute.</summary>
internal static class Composites
{
    public static IReadOnlyList<Slot?> Import(NodeContext node)
    {
        if (node.Options.Text(0).Length == 0)
            node.Fail("it has no name");
        Slot[] arguments = [.. Enumerable.Range(0, node.InputCount).Select(i => new Slot.Bound(node.In(i)))];
        return [.. node.Importer.Call(node.Options.Int(1), node.Scope, arguments)];
    }
}
