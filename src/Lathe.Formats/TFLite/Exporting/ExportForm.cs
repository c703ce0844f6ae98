using Lathe.Formats.TFLite.Exporting.Rules;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>
/// A graph made ready for TFLite: images are channels-last, paddings SAME or VALID, normalizations by constants in the weights before them, composites without an
/// operator spelled out, biases and activations in the operators that take them. Inputs and outputs stay as they are.
/// </summary>
internal static class ExportForm
{
    /// <summary>What is spelled out may bring ops that need a form of their own; after a few rounds nothing new comes.</summary>
    private const int MaxRounds = 4;

    public static Graph Of(Graph graph)
    {
        var fold = new FoldConstant(new GraphEvaluator());
        Rule[] tidy = [fold, new RemoveIdentity(), new RemoveNeutralOperand(), new MergeMovements()];
        graph = Run(
            graph,
            new RewritePass("TakeWholeOperators", new TakeWholeOperators()),
            new WidenHalves(),
            new RewritePass("Simplify", [.. tidy, new RecognizeActivations()]),
            new DecomposeComposites(n => !ExportTable.Ops.Contains(n.Op.GetType())),
            new RewritePass("FoldNorms", fold, new SubtractAsAdd(), new DivideAsMultiply(), new FoldScaleThroughBias(), new FoldScaleIntoContraction(), new MergeBiases()));
        for (int round = 0; round < MaxRounds; round++)
        {
            graph = Run(
                graph,
                new ToLayout(Layout.ChannelsLast),
                new RewritePass("SplitVolumes", new SplitVolumePools(), new RaiseLinesToImages(), new LpPoolAsAveragePool(), new SplitGroups()),
                new RewritePass("SinkTransposes", [.. tidy, new SinkTransposeThroughElementwise(), new SinkTransposeThroughAxes(), new FoldTransposeIntoDenseWeights()]),
                new RewritePass("Pad", new PadBeforeWindow(), new PadByIndex()),
                new RewritePass("TurnAxes", [.. tidy, new TurnResize(), new TurnToLastAxis()]));
            if (graph.Nodes.All(n => n.Op is not CompositeOp || ExportTable.CanWrite(n)))
                break;
            graph = Run(graph, new DecomposeComposites(n => !ExportTable.CanWrite(n)), new RewritePass("Simplify", tidy));
        }
        return Run(graph, new RewritePass("RecognizeOperators", new RecognizeOperators()), new RewritePass("Fuse", new FuseBias(), new FuseActivation()));
    }

    private static Graph Run(Graph graph, params ReadOnlySpan<Pass> passes)
    {
        foreach (var pass in passes)
            graph = pass.Run(graph);
        return graph;
    }
}
