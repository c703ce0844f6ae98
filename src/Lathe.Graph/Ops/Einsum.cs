using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Einstein summation: labels name the axes of each operand and of the result, as in <c>bij,bjk->bik</c>; labels that the result has not are summed over. An ellipsis stands
/// for leading axes that broadcast. Without an arrow the result has the labels that occur once, in alphabetical order, after the ellipsis.
/// </summary>
public sealed record Einsum(string Equation) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var labels = EinsumLabels.Parse(Equation, [.. inputs.Select(i => i.Rank)]);
        return [new Contract(labels.Operands, labels.Result).InferType(inputs)];
    }

    /// <summary>Whether the ellipses of all operands stand for the same number of axes, as ONNX wants it and NumPy does not.</summary>
    public bool HasEqualEllipses(IReadOnlyList<int> ranks) =>
        Equation.Split("->")[0].Split(',').Zip(ranks).Where(o => o.First.Contains("...", StringComparison.Ordinal))
            .Select(o => o.Second - o.First.Count(char.IsAsciiLetter)).Distinct().Count() < 2;

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (operands, result) = EinsumLabels.Parse(Equation, [.. inputs.Select(i => i.Shape.Rank)]);
        if (!HasPlainExtents(operands, inputs))
            return [b.Add(new Contract(operands, result), [.. inputs])];
        var (left, labels) = (inputs[0], operands[0]);
        for (int i = 1; i < operands.Count; i++)
        {
            string needed = result + string.Concat(operands.Skip(i + 1));
            (left, labels) = Multiply(b, left, labels, inputs[i], operands[i], needed);
        }
        (left, labels) = Sum(b, left, labels, result);
        return [Permute(b, left, labels, result)];
    }

    /// <summary>Whether no operand names an axis twice and no extent broadcasts, so that products are matrix products.</summary>
    private static bool HasPlainExtents(EquatableArray<string> operands, IReadOnlyList<Value> inputs)
    {
        var extents = new Dictionary<char, Dim>();
        return operands.All(o => o.Distinct().Count() == o.Length)
            && operands.Zip(inputs).SelectMany(p => p.First.Zip(p.Second.Shape)).All(a => extents.TryAdd(a.First, a.Second) || extents[a.First] == a.Second);
    }

    private static (Value, string) Multiply(GraphBuilder b, Value left, string leftLabels, Value right, string rightLabels, string needed)
    {
        (left, leftLabels) = Sum(b, left, leftLabels, needed + rightLabels);
        (right, rightLabels) = Sum(b, right, rightLabels, needed + leftLabels);
        string common = string.Concat(leftLabels.Where(rightLabels.Contains));
        string batch = string.Concat(common.Where(needed.Contains));
        string inner = string.Concat(common.Except(batch));
        string rows = string.Concat(leftLabels.Except(common));
        string columns = string.Concat(rightLabels.Except(common));
        var extents = leftLabels.Zip(left.Shape).Concat(rightLabels.Zip(right.Shape)).DistinctBy(p => p.First).ToDictionary(p => p.First, p => p.Second);
        Dim Count(string labels) => labels.Aggregate((Dim)1, (product, label) => product * extents[label]);
        Value Matrix(Value x, string from, string first, string second) =>
            b.Add(new Reshape([Count(batch), Count(first), Count(second)]), Permute(b, x, from, batch + first + second));
        var product = b.Add(new MatMul(), Matrix(left, leftLabels, rows, inner), Matrix(right, rightLabels, inner, columns));
        string labels = batch + rows + columns;
        return (b.Add(new Reshape([.. labels.Select(label => extents[label])]), product), labels);
    }

    private static (Value, string) Sum(GraphBuilder b, Value x, string labels, string needed)
    {
        var axes = Enumerable.Range(0, labels.Length).Where(axis => !needed.Contains(labels[axis])).ToEquatableArray();
        return axes.Count == 0 ? (x, labels) : (b.Add(new ReduceSum(axes, KeepDims: false), x), string.Concat(labels.Where(needed.Contains)));
    }

    private static Value Permute(GraphBuilder b, Value x, string from, string to) =>
        from == to ? x : b.Add(new Transpose(to.Select(label => from.IndexOf(label)).ToEquatableArray()), x);
}
