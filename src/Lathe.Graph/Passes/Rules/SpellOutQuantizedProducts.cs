using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Products of quantized values become products of integers and what brings their sums to the output's scale.</summary>
public sealed class SpellOutQuantizedProducts : Rule
{
    public override Value? Apply(Node node, RewriteContext context) =>
        node.Op is QLinearConv or QLinearMatMul ? ((CompositeOp)node.Op).Expand(context.Builder, [.. node.Inputs])[0] : null;
}
