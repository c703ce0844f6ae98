using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Spectra: pairs of values, real and imaginary parts, and what leads back to reals.</summary>
internal static class ComplexNumbers
{
    /// <summary>An operator that moves elements, and both parts alike.</summary>
    public static Func<NodeContext, IReadOnlyList<Slot?>> PartWise(Func<NodeContext, Value> import) => node => Enumerable.Range(0, node.InputCount).Any(i => Find(node, i) is not null)
        ? [new Slot.Complex(import(node.Part(imaginary: false)), import(node.Part(imaginary: true)))]
        : [new Slot.Bound(import(node))];

    /// <summary>Reals, cut or filled up to the lengths of the second operand, to the half of their spectrum along the last two axes that says all.</summary>
    public static IReadOnlyList<Slot?> Transform(NodeContext node)
    {
        var x = node.Real(0);
        long[] lengths = node.Ints(1, "length");
        int rank = x.Type.Rank;
        if (rank < 2 || lengths.Length != 2 || lengths.Any(l => l < 1))
            node.Fail($"{x.Type} cannot be transformed with lengths [{string.Join(", ", lengths)}]");
        x = node.Builder.Fitted(node.Builder.Fitted(x, rank - 1, lengths[1]), rank - 2, lengths[0]);
        var (real, imaginary) = node.Builder.RealTransformed(x, rank - 1);
        if (lengths[0] > 1)
            (real, imaginary) = node.Builder.Transformed(real, imaginary, rank - 2, inverse: false);
        return [new Slot.Complex(real, imaginary)];
    }

    public static Value Real(NodeContext node) => Pair(node).Real;

    public static Value Imaginary(NodeContext node) => Pair(node).Imaginary;

    public static Value Abs(NodeContext node)
    {
        var (real, imaginary) = Pair(node);
        return node.Builder.Magnitude(real, imaginary);
    }

    private static Slot.Complex? Find(NodeContext node, int input) => node.Has(input) ? node.Scope.Find(node.Operator.Inputs[input]) as Slot.Complex : null;

    private static (Value Real, Value Imaginary) Pair(NodeContext node)
    {
        if (Find(node, 0) is { } complex)
            return (complex.Real, complex.Imaginary);
        // Throws where there is no value for another reason.
        node.In(0);
        throw node.Unsupported("its operand is no spectrum");
    }
}
