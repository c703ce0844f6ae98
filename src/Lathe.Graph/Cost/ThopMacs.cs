using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Cost;

/// <summary>
/// As today's thop counts multiply-accumulates: a convolution's outputs times the inputs that each sees, matrix products likewise, biases nothing; 2 an
/// element for normalizations in their inference form, rows * (3n - 1) for softmax, one for each output of average pooling and one more than the
/// inputs that meet in it for global pooling.
/// </summary>
internal class ThopMacs : IFlopDialect
{
    public virtual string Name => "thop";

    public string Unit => "MACs";

    public virtual long? Count(Node node) => node.Op switch
    {
        ConvTranspose conv => checked(Outputs(node) * conv.Window.Kernel.Aggregate(node.Inputs[0].Shape[ImageAxes.Of(conv.Layout, node.Output.Shape.Rank).Channel].Value / conv.Groups, (a, k) => a * k)),
        _ when node.Op.Macs(node) is > 0 and var macs => macs,
        BatchNormalization or LayerNormalization or InstanceNormalization or GroupNormalization => 2 * Outputs(node),
        Softmax softmax => Softmax(node, node.Output.Shape[softmax.Axis].Value),
        AveragePool or PRelu => Outputs(node),
        ReduceMean { Axes.Count: > 0 } when node.Inputs[0].Shape.Rank >= 3 =>
            Outputs(node) == 0 ? 0 : Outputs(node) * ((node.Inputs[0].Shape.ElementCount / Outputs(node)) + 1),
        Resize resize => Outputs(node) * Factor(resize, node),
        _ => null,
    };

    protected static long Outputs(Node node) => node.Output.Shape.ElementCount;

    private static long Softmax(Node node, long features) => features == 0 ? 0 : Outputs(node) / features * ((3 * features) - 1);

    /// <summary>Operations for each output of an upsampling layer, as thop's table has them.</summary>
    private static long Factor(Resize resize, Node node) => (resize.Mode, node.Output.Shape.Rank) switch
    {
        (ResizeMode.Nearest, _) => 1,
        (ResizeMode.Linear, 3) => 5,
        (ResizeMode.Linear, 5) => 31,
        (ResizeMode.Linear, _) => 11,
        _ => 259,
    };
}
