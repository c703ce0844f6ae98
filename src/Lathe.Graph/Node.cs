using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>
/// An op applied to values. Nodes are immutable, and a builder gives the same node for the same op and inputs. The name
/// tells users which node of their model this came from; it has no meaning and does not count for equality.
/// </summary>
public sealed class Node
{
    internal Node(Op op, ImmutableArray<Value> inputs, EquatableArray<TensorType> types, string name)
    {
        (Op, Inputs, Name) = (op, inputs, name);
        Outputs = [.. types.Select((type, i) => new Value(this, i, type))];
    }

    public Op Op { get; }

    public ImmutableArray<Value> Inputs { get; }

    public ImmutableArray<Value> Outputs { get; }

    public string Name { get; }

    public Value Output => Outputs[0];

    public override string ToString() =>
        $"{Op.Name} '{Name}' ({string.Join(", ", Inputs.Select(i => i.Type))}) -> {string.Join(", ", Outputs.Select(o => o.Type))}";
}
