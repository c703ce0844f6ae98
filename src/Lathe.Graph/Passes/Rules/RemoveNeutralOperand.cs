using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>x + 0 = x, x * 1 = x, x / 1 = x, x ^ 1 = x, where the constant does not broadcast x.</summary>
public sealed class RemoveNeutralOperand : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        var kept = node.Op switch
        {
            Add => Patterns.WithConstant(node) is (var x, var c) && Patterns.IsAll(c, 0) ? x : null,
            Mul => Patterns.WithConstant(node) is (var x, var c) && Patterns.IsAll(c, 1) ? x : null,
            Div or Pow => Patterns.IsAll(node.Inputs[1], 1) ? node.Inputs[0] : null,
            _ => null,
        };
        return kept?.Type == node.Output.Type ? kept : null;
    }
}
