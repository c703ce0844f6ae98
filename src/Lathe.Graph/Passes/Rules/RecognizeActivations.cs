using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>x * sigmoid(x) is Swish, and x * hard-sigmoid(x) with slope 1/6 and offset 1/2 is HardSwish.</summary>
public sealed class RecognizeActivations : Rule<Mul>
{
    protected override Value? Apply(Node node, Mul op, RewriteContext context)
    {
        foreach (var (x, gate) in new[] { (node.Inputs[0], node.Inputs[1]), (node.Inputs[1], node.Inputs[0]) })
        {
            if (gate.Node.Inputs.Length != 1 || gate.Node.Inputs[0] != x)
                continue;
            if (gate.Op is Sigmoid)
                return context.Builder.Add(new Swish(), x);
            if (gate.Op is HardSigmoid { Beta: 0.5 } hard && Math.Abs(hard.Alpha - (1.0 / 6)) < 1e-6)
                return context.Builder.Add(new HardSwish(), x);
        }
        return null;
    }
}
