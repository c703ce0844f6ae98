using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>x - c = x + (-c) for a constant float c.</summary>
public sealed class SubtractAsAdd : Rule<Sub>
{
    protected override Value? Apply(Node node, Sub op, RewriteContext context) =>
        node.Inputs[1].Constant is null || node.Inputs[0].Constant is not null || !node.Output.Element.IsFloat
            ? null
            : context.Builder.Add(new Add(), node.Inputs[0], context.Builder.Add(new Neg(), node.Inputs[1]));
}
