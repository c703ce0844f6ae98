using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Arithmetic, comparisons, logic and conversions: results depend on the operands' elements at the same place.</summary>
internal static class Elementwise
{
    public static Value Unary<T>(NodeContext node) where T : Op, new() => node.Add(new T(), node.In(0));

    /// <summary>A function that leaves integers as they are.</summary>
    public static Value Rounding<T>(NodeContext node) where T : Op, new() => node.In(0).Element.IsFloat ? node.Add(new T(), node.In(0)) : node.In(0);

    public static Value Binary<T>(NodeContext node) where T : Op, new() => node.Add(new T(), node.In(0), node.In(1));

    /// <summary>One value in other words: the first operand's function.</summary>
    public static Func<NodeContext, Value> Of(Func<NodeContext, Value, Value> make) => node => make(node, node.In(0));

    public static Value AddN(NodeContext node) => node.InputsFrom(0).Aggregate((a, b) => node.Add(new Add(), a, b));

    public static Value Expm1(NodeContext node, Value x) => node.Add(new Sub(), node.Add(new Exp(), x), node.ScalarLike(1, x));

    public static Value Log1p(NodeContext node, Value x) => node.Add(new Log(), node.Add(new Add(), x, node.ScalarLike(1, x)));

    public static Value Erfc(NodeContext node, Value x) => node.Add(new Sub(), node.ScalarLike(1, x), node.Add(new Erf(), x));

    public static Value IsFinite(NodeContext node, Value x) =>
        node.Add(new Not(), node.Add(new Or(), node.Add(new IsNaN(), x), node.Add(new IsInf(), x)));

    /// <summary>1 / x, by division for integers too.</summary>
    public static Value Reciprocal(NodeContext node, Value x) => x.Element.IsFloat ? node.Add(new Reciprocal(), x) : node.Add(new Div(), node.ScalarLike(1, x), x);

    public static Value LeakyRelu(NodeContext node) => node.Add(new LeakyRelu(node.Attributes.Float("alpha", 0.2f)), node.In(0));

    /// <summary>The quotient, or 0 where the divisor is 0.</summary>
    public static Value DivNoNan(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        var isZero = node.Add(new Equal(), b, node.ScalarLike(0, b));
        var quotient = node.Add(new Div(), a, node.Add(new Where(), isZero, node.ScalarLike(1, b), b));
        return node.Add(new Where(), isZero, node.ScalarLike(0, quotient), quotient);
    }

    /// <summary>The product with what <paramref name="make"/> gives of y, or 0 where x is 0.</summary>
    public static Func<NodeContext, Value> ZeroWhereZero(Func<NodeContext, Value, Value, Value> make, int zero = 0) => node =>
    {
        var (x, y) = (node.In(0), node.In(1));
        var deciding = zero == 0 ? x : y;
        var isZero = node.Add(new Equal(), deciding, node.ScalarLike(0, deciding));
        return node.Add(new Where(), isZero, node.ScalarLike(0, x), make(node, x, y));
    };

    public static Value Mod(NodeContext node) => node.Add(new Mod(Fmod: false), node.In(0), node.In(1));

    public static Value TruncateMod(NodeContext node) => node.Add(new Mod(Fmod: true), node.In(0), node.In(1));

    /// <summary>The quotient rounded towards zero.</summary>
    public static Value TruncateDiv(NodeContext node)
    {
        var quotient = node.Add(new Div(), node.In(0), node.In(1));
        if (!quotient.Element.IsFloat)
            return quotient;
        var isBelow = node.Add(new Less(), quotient, node.ScalarLike(0, quotient));
        return node.Add(new Where(), isBelow, node.Add(new Ceil(), quotient), node.Add(new Floor(), quotient));
    }

    public static Value SquaredDifference(NodeContext node) => node.Builder.Squared(node.Add(new Sub(), node.In(0), node.In(1)));

    public static Value ApproximateEqual(NodeContext node)
    {
        var distance = node.Add(new Abs(), node.Add(new Sub(), node.In(0), node.In(1)));
        return node.Add(new Less(), distance, node.ScalarLike(node.Attributes.Float("tolerance", 1e-5f), distance));
    }

    public static Func<NodeContext, Value> Shift(bool left) => node => node.Builder.Shifted(node.In(0), node.In(1), left);

    public static Value Cast(NodeContext node) => node.Add(new Cast(node.Attributes.Element("DstT")), node.In(0));

    /// <summary>Constants read as another type of as many bits, or more or fewer along the last axis.</summary>
    public static Value Bitcast(NodeContext node)
    {
        var (x, type) = (node.In(0), node.Attributes.Element("type"));
        if (x.Element == type)
            return x;
        var known = node.TryConstant(0) ?? throw node.Unsupported("the bits of data that only a run gives cannot be read as another type");
        return node.Constant(KnownValues.Bitcast(known, type));
    }

    /// <summary>A condition of rank 1 chooses whole rows.</summary>
    public static Value Select(NodeContext node)
    {
        var (condition, a, b) = (node.In(0), node.In(1), node.In(2));
        if (condition.Type.Rank == 1 && a.Type.Rank > 1)
            condition = node.Reshaped(condition, [condition.Shape[0], .. Enumerable.Repeat((Dim)1, a.Type.Rank - 1)]);
        return node.Add(new Where(), condition, a, b);
    }

    public static Value SelectV2(NodeContext node) => node.Add(new Where(), node.In(0), node.In(1), node.In(2));

    public static Value ClipByValue(NodeContext node) => node.Add(new Min(), node.Add(new Max(), node.In(0), node.In(1)), node.In(2));

    /// <summary>
    /// Reals rounded to as many steps as an integer has over a range around 0, which must be known. Operands: reals, least and greatest value, and in the third version the number of bits.
    /// </summary>
    public static Value QuantizeAndDequantize(NodeContext node)
    {
        var attributes = node.Attributes;
        long bits = node.Has(3) ? node.Int(3, "number of bits") : attributes.Int("num_bits", 8), axis = attributes.Int("axis", -1);
        if (!attributes.Flag("range_given", otherwise: node.Has(3)) || axis != -1)
            throw node.Unsupported("a range that follows from the data, or one a channel, is not supported");
        bool isSigned = attributes.Flag("signed_input", otherwise: true);
        double least = node.Number(1, "least value"), greatest = node.Number(2, "greatest value");
        if (bits is < 1 or > 32 || !(least <= greatest) || (isSigned && bits == 1))
            node.Fail($"{bits} bits over {least} to {greatest} are not possible");
        double high = Math.Pow(2, isSigned ? bits - 1 : bits) - 1, low = !isSigned ? 0 : -high - (attributes.Flag("narrow_range") ? 0 : 1);
        // The side that needs the larger steps says how large they are.
        double Steps(double end, double steps) => end * steps > 0 ? steps / end : float.MaxValue;
        double scale = Math.Min(Steps(least, low), Steps(greatest, high));
        var x = node.In(0);
        var clipped = node.Add(new Clip((float)(low / scale), (float)(high / scale)), x);
        var scaled = node.Add(new Mul(), clipped, node.ScalarLike(scale, x));
        var rounded = attributes.Text("round_mode", "HALF_TO_EVEN") == "HALF_UP" ? node.Add(new Floor(), node.Add(new Add(), scaled, node.ScalarLike(0.5, x))) : node.Add(new Round(), scaled);
        return node.Add(new Mul(), rounded, node.ScalarLike(1 / scale, x));
    }

    public static Value FakeQuantArgs(NodeContext node)
    {
        var attributes = node.Attributes;
        return node.Builder.FakeQuantized(
            node.In(0), attributes.Float("min", -6), attributes.Float("max", 6), (int)Math.Clamp(attributes.Int("num_bits", 8), 0, 64), attributes.Flag("narrow_range"));
    }

    /// <summary>The range is two operands, numbers or an element a channel.</summary>
    public static Value FakeQuantVars(NodeContext node)
    {
        var (x, min, max) = (node.In(0), node.Constant(1, "least value"), node.Constant(2, "greatest value"));
        int bits = (int)Math.Clamp(node.Attributes.Int("num_bits", 8), 0, 64);
        bool narrow = node.Attributes.Flag("narrow_range");
        if (min.Count != max.Count || (min.Shape.Rank > 0 && (x.Type.Rank == 0 || x.Shape[^1] != min.Count)))
            node.Fail($"the ranges {min} and {max} do not suit {x.Type}");
        if (min.Shape.Rank == 0)
            return node.Builder.FakeQuantized(x, (float)min.GetDouble(0), (float)max.GetDouble(0), bits, narrow);
        Value[] channels = [.. Enumerable.Range(0, (int)min.Count).Select(i =>
            node.Builder.FakeQuantized(node.Builder.Along(x, x.Type.Rank - 1, i, 1), (float)min.GetDouble(i), (float)max.GetDouble(i), bits, narrow))];
        return channels.Length == 1 ? channels[0] : node.Add(new Concat(x.Type.Rank - 1), channels);
    }
}
