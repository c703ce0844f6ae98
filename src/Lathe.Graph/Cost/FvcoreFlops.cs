using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Cost;

/// <summary>
/// As fvcore, which counts one for each multiply-accumulate; 2 an element for batch normalization with known statistics and 5 for the other
/// normalizations with scale and bias; the inputs of global average pooling; 1 (nearest) or 4 (linear) an output of resizing; and no other ops.
/// </summary>
internal sealed class FvcoreFlops : IFlopDialect
{
    public string Name => "fvcore";

    public string Unit => "FLOPs";

    public long? Count(Node node) => node.Op switch
    {
        _ when node.Op.Macs(node) is > 0 and var macs => macs,
        BatchNormalization => 2 * node.Output.Shape.ElementCount,
        LayerNormalization or InstanceNormalization or GroupNormalization => 5 * node.Output.Shape.ElementCount,
        ReduceMean when node.Inputs[0].Shape.Rank == 4 => node.Inputs[0].Shape.ElementCount,
        Resize { Mode: ResizeMode.Nearest } => node.Output.Shape.ElementCount,
        Resize { Mode: ResizeMode.Linear } => 4 * node.Output.Shape.ElementCount,
        _ => null,
    };
}
