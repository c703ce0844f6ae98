using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>The last step of an operator that was computed on reals.</summary>
internal static class Results
{
    /// <summary>Reals as the output's tensor stores them: rounded to its scale where that is quantized.</summary>
    public static Value Of(NodeContext node, Value real, int output = 0) =>
        node.IsOutputQuantized(output) ? Quantization.Quantized(node, real, node.OutputQuantization(output), node.OutputElement(output)) : real;
}
