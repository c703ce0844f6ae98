using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// Activations of the form a(x) + f(x) * b(x) become one op, however they are spelled: Swish x * sigmoid(alpha * x); HardSwish
/// x * clip(x + 3, 0, 6) / 6; Gelu by erf and by tanh; Mish x * tanh(softplus(x)). As they read x more than once, they would otherwise keep
/// it from staying in registers.
/// </summary>
public sealed class RecognizeActivations : Rule
{
    /// <summary>How many ops may lie between the last one and the function, or the function and x.</summary>
    private const int Depth = 5;

    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is not (Mul or Div or Add) || !node.Output.Element.IsFloat)
            return null;
        foreach (var gate in Within(node.Output, Depth, v => v.Op is Mul or Div or Add).Where(v => v.Op is Erf or Tanh or Sigmoid or HardSigmoid or Clip))
            foreach (var x in Within(gate.Node.Inputs[0], Depth, _ => true))
                if (x.Type == node.Output.Type && GatePolynomial.Of(node.Output, x, gate) is { } product && Activation(gate, x, product) is { } op)
                    return context.Builder.Add(op, x);
        return null;
    }

    private static Op? Activation(Value gate, Value x, GatePolynomial product)
    {
        var argument = gate.Node.Inputs[0];
        var inner = GatePolynomial.Of(argument, x);
        double sqrtHalf = Math.Sqrt(0.5), sqrtTwoOverPi = Math.Sqrt(2 / Math.PI);
        switch (gate.Op)
        {
            case Erf when inner is not null && inner.Is([0, sqrtHalf], []) && product.Is([0, 0.5], [0, 0.5]):
                return new Gelu();
            case Tanh when inner is not null && inner.Is([0, sqrtTwoOverPi, 0, sqrtTwoOverPi * 0.044715], []) && product.Is([0, 0.5], [0, 0.5]):
                return new Gelu(Tanh: true);
            case Tanh when IsSoftplus(argument, x) && product.Is([], [0, 1]):
                return new Mish();
            case Sigmoid when inner?.Plain[1] is { } alpha && inner.Is([0, alpha], []) && product.Is([], [0, 1]):
                return new Swish(alpha);
            case HardSigmoid { Beta: 0.5 } hard when argument == x && Math.Abs(hard.Alpha - (1.0 / 6)) < 1e-6 && product.Is([], [0, 1]):
                return new HardSwish();
            case Clip { Min: 0, Max: 6 } when inner is not null && inner.Is([3, 1], []) && product.Is([], [0, 1.0 / 6]):
                return new HardSwish();
            default:
                return null;
        }
    }

    /// <summary>log(1 + exp(x)), as the op or spelled out.</summary>
    private static bool IsSoftplus(Value value, Value x) => value.Op switch
    {
        Softplus => value.Node.Inputs[0] == x,
        Log => Patterns.WithConstant(value.Node.Inputs[0].Node) is (var e, var one) && value.Node.Inputs[0].Op is Add && Patterns.IsAll(one, 1) && e.Op is Exp && e.Node.Inputs[0] == x,
        _ => false,
    };

    /// <summary>A value and what it is computed from, nearest first, as far as <paramref name="passes"/> lets through; each once.</summary>
    private static List<Value> Within(Value value, int depth, Func<Value, bool> passes)
    {
        var found = new List<Value> { value };
        var edge = found;
        for (; depth > 0 && edge.Count > 0; depth--)
        {
            edge = [.. edge.Where(passes).SelectMany(v => v.Node.Inputs).Where(i => i.Constant is null && !found.Contains(i)).Distinct()];
            found = [.. found, .. edge];
        }
        return found;
    }
}
