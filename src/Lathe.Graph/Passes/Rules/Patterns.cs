using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Questions that several rules ask.</summary>
internal static class Patterns
{
    /// <summary>The two inputs of a commutative node with the constant second, or null when it is not one value and one constant.</summary>
    public static (Value X, Value Constant)? WithConstant(Node node) => (node.Inputs[0].Constant, node.Inputs[1].Constant) switch
    {
        (null, not null) => (node.Inputs[0], node.Inputs[1]),
        (not null, null) => (node.Inputs[1], node.Inputs[0]),
        _ => null,
    };

    /// <summary>Whether all elements of a constant equal a number.</summary>
    public static bool IsAll(Value value, double number)
    {
        if (value.Constant is not { Count: > 0 and <= 1 << 16 } tensor)
            return false;
        for (long i = 0; i < tensor.Count; i++)
            if (tensor.GetDouble(i) != number)
                return false;
        return true;
    }

    /// <summary>A contraction whose weights can take a factor: its sums are of their type.</summary>
    public static bool IsContraction(Value value) => value.Op is Conv { Sum: null } or MatMul { Sum: null };

    /// <summary>Whether a value that broadcasts to a shape varies along one axis at most, and that is <paramref name="axis"/>.</summary>
    public static bool VariesOnlyAlong(Value value, int axis, int rank)
    {
        for (int i = 0; i < value.Type.Rank; i++)
            if (value.Shape[i] != 1 && i + rank - value.Type.Rank != axis)
                return false;
        return true;
    }

    /// <summary>A constant that varies along one axis at most, as a vector or a single element of rank 1.</summary>
    public static Value AsVector(RewriteContext context, Value value) =>
        context.Builder.Add(new Reshape([value.Shape.ElementCount]), value);
}
