using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>What the scattering ops share.</summary>
internal static class Scattering
{
    /// <summary>Puts an update at its place, combined with what is there.</summary>
    public static Stmt Update(Buffer y, Expr[] at, Expr update, ScatterReduction reduction)
    {
        var (old, value) = (LoopNest.Wide(y[at]), LoopNest.Wide(update));
        var combined = reduction switch
        {
            ScatterReduction.Add => old + value,
            ScatterReduction.Mul => old * value,
            ScatterReduction.Max => Build.Max(old, value),
            ScatterReduction.Min => Build.Min(old, value),
            _ => value,
        };
        return y.Store(at, Build.Cast(y.Element, combined));
    }

    public static void Check(Op op, IReadOnlyList<TensorType> inputs, ScatterReduction reduction)
    {
        ElementTypes.Count(op, inputs, 3);
        ElementTypes.Integer(op, inputs[1].Element);
        ElementTypes.Same([inputs[0], inputs[2]]);
        if (reduction != ScatterReduction.None)
            ElementTypes.Number(op, inputs[0].Element);
    }
}
