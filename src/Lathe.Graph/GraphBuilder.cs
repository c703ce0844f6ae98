using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>
/// Makes nodes, checks their types, and gives the same node for the same op and inputs. Values of other builders may be
/// used as inputs.
/// </summary>
public sealed class GraphBuilder
{
    private readonly Dictionary<Key, Node> _nodes = [];

    /// <summary>The name that new nodes get: that of the model's node which they are made for.</summary>
    public string Origin { get; set; } = "";

    public Value Input(string name, TensorType type) => Add(new Input(name, type));

    public Value Constant(Tensor tensor) => Add(new Constant(tensor));

    /// <summary>A scalar constant of an element type.</summary>
    public Value Scalar(double value, DType type)
    {
        var tensor = Tensor.Zeros(type, Shape.Scalar);
        tensor.SetDouble(0, value);
        return Constant(tensor);
    }

    /// <summary>Adds an op with one output.</summary>
    public Value Add(Op op, params ReadOnlySpan<Value> inputs) => AddNode(op, inputs).Output;

    /// <summary>Adds an op and gives its node. Throws a <see cref="ModelException"/> that names the node when the inputs do not fit.</summary>
    public Node AddNode(Op op, params ReadOnlySpan<Value> inputs)
    {
        var key = new Key(op, [.. inputs]);
        if (_nodes.TryGetValue(key, out var known))
            return known;
        var node = new Node(op, key.Inputs, Infer(op, key.Inputs), Origin);
        _nodes.Add(key, node);
        return node;
    }

    private EquatableArray<TensorType> Infer(Op op, ImmutableArray<Value> inputs)
    {
        try
        {
            return op.Infer([.. inputs.Select(i => i.Type)]);
        }
        catch (ModelException e) when (!e.Message.StartsWith("node '", StringComparison.Ordinal))
        {
            string types = string.Join(", ", inputs.Select(i => i.Type));
            throw new ModelException(e.Code, $"node '{Origin}' ({op.Name}) of inputs ({types}): {e.Message}", e.Next, e);
        }
    }

    private readonly record struct Key(Op Op, ImmutableArray<Value> Inputs)
    {
        public bool Equals(Key other) => Op.Equals(other.Op) && Inputs.AsSpan().SequenceEqual(other.Inputs.AsSpan());

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(Op);
            foreach (var input in Inputs)
                hash.Add(input);
            return hash.ToHashCode();
        }
    }
}
