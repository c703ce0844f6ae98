using Lathe.Formats.TensorFlow.Importing;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Operators that give their operands as they are.</summary>
internal static class Passing
{
    public static IReadOnlyList<Slot> First(NodeContext node) => [node.Slot(0)];

    public static IReadOnlyList<Slot> All(NodeContext node) => [.. Enumerable.Range(0, node.InputCount).Select(node.Slot)];

    /// <summary>Inputs are defined before nodes are read, so that this is none.</summary>
    public static IReadOnlyList<Slot> NoInput(NodeContext node) => throw node.Unsupported("it is not among the inputs that are taken of the graph; name it too (--inputs)");

    public static IReadOnlyList<Slot> Nothing(NodeContext node) => [];
}
