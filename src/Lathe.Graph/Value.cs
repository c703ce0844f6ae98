using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>One output of a node.</summary>
public sealed class Value
{
    internal Value(Node node, int index, TensorType type) => (Node, Index, Type) = (node, index, type);

    public Node Node { get; }

    public int Index { get; }

    public TensorType Type { get; }

    public Op Op => Node.Op;

    public Shape Shape => Type.Shape;

    public DType Element => Type.Element;

    /// <summary>The tensor, when the value is a constant.</summary>
    public Tensor? Constant => (Op as Constant)?.Tensor;

    public override string ToString() => $"{Node.Name}.{Index}: {Type}";
}
