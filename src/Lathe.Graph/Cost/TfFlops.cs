using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Cost;

/// <summary>
/// As TensorFlow's profiler counts floating-point operations: two for each multiply-accumulate of convolutions and matrix products, one for each
/// element of a binary elementwise op, the window's size for each output of pooling, and nothing for ops that it has no statistics for.
/// </summary>
internal sealed class TfFlops : IFlopDialect
{
    public string Name => "tf";

    public string Unit => "FLOPs";

    public long? Count(Node node) => node.Op switch
    {
        _ when node.Op.Macs(node) is > 0 and var macs => 2 * macs,
        MaxPool or AveragePool => node.Op.Flops(node),
        Softmax => 5 * Outputs(node),
        ReduceMean => node.Inputs[0].Shape.ElementCount,
        ReduceSum or ArgMax or ArgMin => node.Inputs[0].Shape.ElementCount - Outputs(node),
        Reciprocal when node.Inputs[0].Op is Sqrt => 2 * Outputs(node),
        Log or Neg or Reciprocal => Outputs(node),
        Add or Sub or Mul or Div or Min or Max or Pow or ComparisonOp => Outputs(node),
        _ => null,
    };

    private static long Outputs(Node node) => node.Output.Shape.ElementCount;
}
