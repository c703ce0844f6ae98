using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>How large the integers of a value can be.</summary>
internal static class IntegerBound
{
    /// <summary>More than any i32's magnitude: nothing is known.</summary>
    public const long Unknown = 1L << 32;

    private const int DepthLimit = 32;

    /// <summary>A bound of the magnitude of all elements; <see cref="Unknown"/> where there is none.</summary>
    public static long Of(Value value) => Of(value, 0);

    /// <summary>The greatest magnitude of a constant's elements.</summary>
    public static long OfConstant(Tensor tensor)
    {
        long most = 0;
        for (long i = 0; i < tensor.Count; i++)
            most = Math.Max(most, Math.Abs(Math.Max(tensor.GetInt64(i), -Unknown)));
        return most;
    }

    private static long Of(Value value, int depth)
    {
        long byType = value.Element.IsInteger && value.Element.Size < 4 ? 1L << (8 * value.Element.Size) : Unknown;
        if (value.Constant is { } tensor)
            return tensor.Type.IsInteger ? Math.Min(OfConstant(tensor), Unknown) : Unknown;
        if (depth > DepthLimit || byType < Unknown)
            return byType;
        long Input(int i) => Of(value.Node.Inputs[i], depth + 1);
        long bound = value.Op switch
        {
            Cast when value.Node.Inputs[0].Element.IsInteger => Input(0),
            Add or Sub => Input(0) + Input(1),
            Mul => Input(0) is var a && Input(1) is var b && (a == 0 || b <= Unknown / a) ? a * b : Unknown,
            Clip { Min: { } low, Max: { } high } => (long)Math.Min(Math.Max(Math.Abs(low), Math.Abs(high)), Unknown),
            Conv { Sum: not null } or MatMul { Sum: not null } => Products(value.Node, depth),
            FixedPointScale when value.Node.Inputs[2].Constant is { } shifts && shifts.ToInt64Array().All(s => s <= 0) => Input(0) + 1,
            ShiftedProduct { Drop: >= 31 } => Input(0) + Input(2) + 2,
            Reshape or Transpose => Input(0),
            _ => Unknown,
        };
        return Math.Min(bound, Unknown);
    }

    private static long Products(Node node, int depth)
    {
        var (x, w) = (node.Inputs[0], node.Inputs[1]);
        long outputs = Math.Max(1, node.Op is Conv conv ? w.Shape[conv.WeightAxes(w.Type.Rank).Out].Value : w.Shape[^1].Value);
        long count = node.Op is Conv ? w.Shape.ElementCount / outputs : x.Shape[^1].Value;
        long each = Of(x, depth + 1) * Of(w, depth + 1);
        return each == 0 || count <= Unknown / each ? count * each : Unknown;
    }
}
