using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Complex numbers, which are pairs of values here, as spectra are: their transforms and what leads back to reals.</summary>
internal static class ComplexNumbers
{
    /// <summary>An operator that treats both parts alike, as those that move elements and sums do.</summary>
    public static Func<NodeContext, IReadOnlyList<Slot>> PartWise(Func<NodeContext, Value> import) => PartWise(node => (IReadOnlyList<Value>)[import(node)]);

    public static Func<NodeContext, IReadOnlyList<Slot>> PartWise(Func<NodeContext, IReadOnlyList<Value>> import) => node => IsComplex(node)
        ? [.. import(node.Part(imaginary: false)).Zip(import(node.Part(imaginary: true)), (real, imaginary) => new Slot.Complex(real, imaginary))]
        : [.. import(node).Select(v => new Slot.Bound(v))];

    public static IReadOnlyList<Slot> Mul(NodeContext node)
    {
        if (!IsComplex(node))
            return [new Slot.Bound(Elementwise.Binary<Mul>(node))];
        var (a, b) = (Pair(node, 0), Pair(node, 1));
        Value Times(Value x, Value y) => node.Add(new Mul(), x, y);
        return [new Slot.Complex(
            node.Add(new Sub(), Times(a.Real, b.Real), Times(a.Imaginary, b.Imaginary)), node.Add(new Add(), Times(a.Real, b.Imaginary), Times(a.Imaginary, b.Real)))];
    }

    public static IReadOnlyList<Slot> Make(NodeContext node) => [new Slot.Complex(node.In(0), node.In(1))];

    public static Value Real(NodeContext node) => Pair(node, 0).Real;

    public static Value Imaginary(NodeContext node) => Pair(node, 0).Imaginary;

    public static IReadOnlyList<Slot> Conjugate(NodeContext node) => IsComplex(node) ? [new Slot.Complex(Pair(node, 0).Real, node.Add(new Neg(), Pair(node, 0).Imaginary))] : [node.Slot(0)];

    public static Value Abs(NodeContext node)
    {
        var (real, imaginary) = Pair(node, 0);
        return node.Builder.Magnitude(real, imaginary);
    }

    public static Value Angle(NodeContext node) => node.Builder.Atan2(Pair(node, 0).Imaginary, Pair(node, 0).Real);

    /// <summary>Reals become complex numbers without imaginary parts, and complex numbers their real parts.</summary>
    public static IReadOnlyList<Slot> Cast(NodeContext node)
    {
        if (node.Attributes.Type("DstT") is not (DataType.Complex64 or DataType.Complex128))
            return [new Slot.Bound(IsComplex(node) ? Real(node) : Elementwise.Cast(node))];
        if (IsComplex(node))
            return [node.Slot(0)];
        var element = node.Attributes.Type("DstT") == DataType.Complex64 ? Tensors.DType.Float32 : Tensors.DType.Float64;
        var real = node.In(0).Element == element ? node.In(0) : node.Add(new Cast(element), node.In(0));
        return [new Slot.Complex(real, node.Builder.Filled(real.Shape, 0, element))];
    }

    /// <summary>The transform along the last so many axes.</summary>
    public static Func<NodeContext, IReadOnlyList<Slot>> Transform(int axes, bool inverse) => node =>
    {
        var (real, imaginary) = Pair(node, 0);
        for (int i = 1; i <= axes; i++)
            (real, imaginary) = node.Builder.Transformed(real, imaginary, Axis(node, real, i), inverse);
        return [new Slot.Complex(real, imaginary)];
    };

    /// <summary>Reals to the half of their spectrum that says all. Operands: reals, the lengths that the axes are first cut or filled up to.</summary>
    public static Func<NodeContext, IReadOnlyList<Slot>> RealTransform(int axes) => node =>
    {
        var x = node.In(0);
        long[] lengths = Lengths(node, axes);
        for (int i = 1; i <= axes; i++)
            x = node.Builder.Fitted(x, Axis(node, x, i), lengths[^i]);
        var (real, imaginary) = node.Builder.RealTransformed(x, Axis(node, x, 1));
        for (int i = 2; i <= axes; i++)
            (real, imaginary) = node.Builder.Transformed(real, imaginary, Axis(node, x, i), inverse: false);
        return [new Slot.Complex(real, imaginary)];
    };

    public static Func<NodeContext, Value> InverseRealTransform(int axes) => node =>
    {
        var (real, imaginary) = Pair(node, 0);
        long[] lengths = Lengths(node, axes);
        for (int i = 1; i <= axes; i++)
        {
            long kept = i == 1 ? (lengths[^1] / 2) + 1 : lengths[^i];
            (real, imaginary) = (node.Builder.Fitted(real, Axis(node, real, i), kept), node.Builder.Fitted(imaginary, Axis(node, real, i), kept));
        }
        for (int i = axes; i >= 2; i--)
            (real, imaginary) = node.Builder.Transformed(real, imaginary, Axis(node, real, i), inverse: true);
        return node.Builder.InverseRealTransformed(real, imaginary, Axis(node, real, 1), lengths[^1]);
    };

    private static bool IsComplex(NodeContext node) => Enumerable.Range(0, node.InputCount).Any(i => node.Slot(i) is Slot.Complex);

    private static (Value Real, Value Imaginary) Pair(NodeContext node, int input)
    {
        if (node.Slot(input) is Slot.Complex complex)
            return (complex.Real, complex.Imaginary);
        var real = node.In(input);
        return (real, node.Builder.Filled(real.Shape, 0, real.Element));
    }

    private static long[] Lengths(NodeContext node, int axes)
    {
        long[] lengths = node.Ints(1, "length");
        if (lengths.Length != axes || lengths.Any(l => l is < 1 or > int.MaxValue))
            node.Fail($"lengths {Misfit.List(lengths)} do not suit a transform along {axes} axes");
        return lengths;
    }

    private static int Axis(NodeContext node, Value x, int fromEnd)
    {
        if (x.Type.Rank < fromEnd)
            node.Fail($"{x.Type} has too few axes");
        return x.Type.Rank - fromEnd;
    }
}
