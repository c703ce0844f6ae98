using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>Finds functions such as tanh in a group's elementwise part: each is a long stretch of code, so that kernels write the part once, in a loop.</summary>
internal static class Functions
{
    /// <summary>Whether any definition between the anchor and the result calls one; values with memory of their own do not count.</summary>
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
