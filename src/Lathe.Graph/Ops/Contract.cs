using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// A sum of products of elements of any number of inputs. Each input's axes carry labels; an output element is the sum, over all labels that the output has
/// not, of the product of the inputs' elements at their labels' places. Labels are characters; extents of 1 broadcast.
/// </summary>
public sealed record Contract(EquatableArray<string> Operands, string Result) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, Math.Max(1, Operands.Count));
        ElementTypes.Number(this, ElementTypes.Same(inputs));
        var extents = new Dictionary<char, Dim>();
        foreach (var (labels, input) in Operands.Zip(inputs))
        {
            if (labels.Length != input.Rank)
                throw new ModelException("LATHE2082", $"the labels '{labels}' do not name each axis of {input}");
            foreach (var (label, extent) in labels.Zip(input.Shape))
                extents[label] = extents.TryGetValue(label, out var known) ? Broadcasting.Join([[known], [extent]])[0] : extent;
        }
        if (Result.Distinct().Count() != Result.Length || Result.Any(label => !extents.ContainsKey(label)))
            throw new ModelException("LATHE2083", $"the result's labels '{Result}' are not distinct labels of the operands {Operands}");
        return inputs[0].WithShape([.. Result.Select(label => extents[label])]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var places = Result.Zip(index).ToDictionary(p => p.First, p => p.Second);
        var axes = new List<ReduceAxis>();
        foreach (char label in Operands.SelectMany(o => o).Distinct().Where(l => !places.ContainsKey(l)).ToArray())
        {
            long extent = Operands.Zip(inputs).SelectMany(p => p.First.Zip(p.Second.Shape)).Where(a => a.First == label).Max(a => a.Second);
            axes.Add(new ReduceAxis(new Var($"sum{axes.Count}"), extent));
            places[label] = axes[^1].Var;
        }
        var product = Operands.Zip(inputs, (labels, x) => x[labels.Select((label, axis) => x.Shape[axis] == 1 ? 0 : places[label])]).Aggregate((a, b) => a * b);
        return axes.Count == 0 ? product : new Reduce(ReduceOp.Sum, axes.ToEquatableArray(), product);
    }

    public override long Macs(Node node)
    {
        var extents = new Dictionary<char, long>();
        foreach (var (label, extent) in Operands.Zip(node.Inputs).SelectMany(p => p.First.Zip(p.Second.Shape)))
            extents[label] = Math.Max(extents.GetValueOrDefault(label), extent.Value);
        return Operands.Count < 2 ? 0 : extents.Values.Aggregate(1L, (a, d) => checked(a * d));
    }
}
