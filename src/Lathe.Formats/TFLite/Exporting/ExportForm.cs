using Lathe.Formats.TFLite.Exporting.Rules;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>
/// A graph made ready for TFLite: images are channels-last, paddings SAME or VALID, normalizations by constants in the weights before them, composites without an
/// operator spelled out, biases and activations in the operators that take them, and what lies between dequantized and quantized values operators on integers. Inputs and outputs
/// stay as they are.
/// </summary>
internal sealed class ExportForm : Pass
{
    /// <summary>What is spelled out may bring ops that need a form of their own; after a few rounds nothing new comes.</summary>
    private const int MaxRounds = 4;

    public static Graph Of(Graph graph) => new ExportForm().Run(graph);

    public override Graph Run(Graph graph)
    {
        bool quantized = graph.Nodes.Any(n => n.Op is QuantizedOperator or QuantizeLinear or DynamicQuantizeLinear or QLinearConv or QLinearMatMul || (n.Op is DequantizeLinear && n.Inputs[0].Constant is null));
        // Stored integers stay integers until it is known which operators take them.
        var fold = new FoldConstant(new GraphEvaluator(), op => quantized && op is DequantizeLinear);
        Rule[] tidy = [fold, new RemoveIdentity(), new RemoveNeutralOperand(), new MergeMovements()];
        graph = Through(
            graph,
            new RewritePass("TakeWholeOperators", new TakeWholeOperators(), new SpellOutQuantizedProductsAsReals(), new SpellOutDynamicProductsAsReals()),
            new WidenHalves(everywhere: true),
            new RewritePass("Simplify", [.. tidy, new RecognizeActivations()]),
            new DecomposeComposites(n => !ExportTable.Ops.Contains(n.Op.GetType())),
            new RewritePass("FoldNorms", fold, new SubtractAsAdd(), new DivideAsMultiply(), new FoldScaleThroughBias(), new FoldScaleIntoContraction(), new MergeBiases()));
        for (int round = 0; round < MaxRounds; round++)
        {
            graph = Through(
                graph,
                new ToLayout(Layout.ChannelsLast),
                new RewritePass("SplitVolumes", new SplitVolumePools(), new RaiseLinesToImages(), new LpPoolAsAveragePool(), new SplitGroups()),
                new RewritePass("SinkTransposes", [.. tidy[..^1], new MergeMovements(keepsTransposes: true), new SinkTransposeThroughElementwise(), new SinkTransposeThroughAxes(), new SinkTransposeThroughReshape(), new FoldTransposeIntoDenseWeights()]),
                new RewritePass("Pad", new PadBeforeWindow(), new PadByIndex()),
                new RewritePass("TurnAxes", [.. tidy, new TurnResize(), new TurnToLastAxis()]));
            if (graph.Nodes.All(n => n.Op is not CompositeOp || ExportTable.CanWrite(n)))
                break;
            graph = Through(graph, new DecomposeComposites(n => !ExportTable.CanWrite(n)), new RewritePass("Simplify", tidy));
        }
        if (quantized)
        {
            graph = Through(
                graph,
                new RewritePass("QuantizeOperators", new MoveStoredIntegers(), new MergeMovements(), new QuantizeOperators(MovesBytes(graph))),
                new RewritePass("TransposeWeights", fold, new TransposeStoredWeights()),
                new RewritePass("SayScales", new FoldConstant(new GraphEvaluator()), new MergeMovements(), new RemoveIdentity(), new SayScales()));
        }
        return Through(graph, new RewriteLoops(() => [this]), new RewritePass("RecognizeOperators", new RecognizeOperators()), new RewritePass("Fuse", new FuseBias(), new FuseActivation()));
    }

    /// <summary>Whether u8 becomes int8, because there are int8 weights that meet it.</summary>
    private static bool MovesBytes(Graph graph) =>
        graph.Nodes.Any(n => n.Op is DequantizeLinear && n.Inputs[0] is { Constant: not null, Element: DType.Int8, Type.Rank: > 1 });

    private static Graph Through(Graph graph, params ReadOnlySpan<Pass> passes)
    {
        foreach (var pass in passes)
            graph = pass.Run(graph);
        return graph;
    }
}
