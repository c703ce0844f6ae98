using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>x ^ 2 = x * x and x ^ 3 = x * x * x, for exponents that do not broadcast x: normalizations are spelled so, and a power is a logarithm and an exponential.</summary>
public sealed class PowAsProduct : Rule<Pow>
{
    protected override Value? Apply(Node node, Pow op, RewriteContext context)
    {
        var (x, exponent) = (node.Inputs[0], node.Inputs[1]);
        if (x.Type != node.Output.Type)
            return null;
        Value Times(Value y) => context.Builder.Add(new Mul(), y, x);
        return Patterns.IsAll(exponent, 2) ? Times(x) : Patterns.IsAll(exponent, 3) ? Times(Times(x)) : null;
    }
}
