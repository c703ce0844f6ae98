using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>Whether a group's elementwise part calls functions such as tanh, which are long stretches of code each.</summary>
internal static class Functions
{
    public static bool AreIn(Group group, IReadOnlySet<Value> materialized) => AreIn(group.Inner, group, materialized);

    private static bool AreIn(Value value, Group group, IReadOnlySet<Value> materialized)
    {
        if (value == group.Anchor?.Output || value.Constant is not null || (value != group.Inner && materialized.Contains(value)))
            return false;
        if (value.Op is not PrimitiveOp op)
            return false;
        var buffers = value.Node.Inputs.Select((v, i) => new Buffer($"@{i}", v.Element, v.Shape.ToArray())).ToArray();
        var index = value.Shape.Select((_, i) => (Expr)new Var($"i{i}")).ToArray();
        return op.Define(buffers, value.Type, index).Descendants().Any(e => e is Call { Function: not Intrinsic.Fma })
            || value.Node.Inputs.Any(i => AreIn(i, group, materialized));
    }
}
