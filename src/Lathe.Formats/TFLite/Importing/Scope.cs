using Lathe.Formats.TFLite.Reading;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>One use of a graph of the model: what its tensors stand for, by their numbers.</summary>
/// <param name="depth">How many calls are around.</param>
internal sealed class Scope(LiteGraph graph, int depth)
{
    private readonly Dictionary<int, Slot> _slots = [];

    public LiteGraph Graph => graph;

    public int Depth => depth;

    public LiteTensor Tensor(int index) => index >= 0 && index < graph.Tensors.Count
        ? graph.Tensors[index]
        : throw new ModelException("LATHE3211", $"tensor {index} is used and the graph has {graph.Tensors.Count}");

    public Slot? Find(int tensor) => _slots.GetValueOrDefault(tensor);

    public void Define(int tensor, Slot slot) => _slots[tensor] = slot;
}
