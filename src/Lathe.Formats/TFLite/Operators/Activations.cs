using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Activations, by themselves and at the end of other operators.</summary>
internal static class Activations
{
    public static Value Relu(NodeContext node) => Clipped(node, ActivationKind.Relu);

    public static Value Relu6(NodeContext node) => Clipped(node, ActivationKind.Relu6);

    public static Value ReluN1To1(NodeContext node) => Clipped(node, ActivationKind.ReluN1To1);

    public static Value Relu0To1(NodeContext node) => Results.Of(node, node.Add(new Clip(0, 1), node.Real(0)));

    public static Value LeakyRelu(NodeContext node) => node.IsQuantized()
        ? IntegerActivations.LeakyRelu(node)
        : node.Add(new LeakyRelu(node.Options.Float(0)), node.Real(0));

    public static Value HardSwish(NodeContext node) => node.IsQuantized()
        ? IntegerActivations.HardSwish(node)
        : node.Add(new HardSwish(), node.Real(0));

    public static Value Gelu(NodeContext node)
    {
        bool approximate = node.Options.Flag(0);
        return Results.Of(node, node.Add(new Gelu(approximate), node.Real(0)));
    }

    /// <summary>x, or alpha * x below 0; alpha broadcasts as the operand of any elementwise op.</summary>
    public static Value PRelu(NodeContext node) => node.IsQuantized()
        ? IntegerActivations.PRelu(node)
        : node.Add(new PRelu(), node.Real(0), node.Real(1));

    /// <summary>The activation that an operator of reals ends with.</summary>
    public static Value Fused(NodeContext node, Value x, ActivationKind kind) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => node.Add(new Relu(), x),
        ActivationKind.ReluN1To1 => node.Add(new Clip(-1, 1), x),
        ActivationKind.Relu6 => node.Add(new Clip(0, 6), x),
        ActivationKind.Tanh => node.Add(new Tanh(), x),
        _ => throw node.Unsupported($"the fused activation {kind} is not supported"),
    };

    private static Value Clipped(NodeContext node, ActivationKind kind) =>
        node.IsQuantized() ? IntegerActivations.Relu(node, kind) : Fused(node, node.Real(0), kind);
}
