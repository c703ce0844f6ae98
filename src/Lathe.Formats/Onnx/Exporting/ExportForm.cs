using Lathe.Formats.Onnx.Exporting.Rules;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>A graph made ready for an operator set: images are channels-first, and composites without an operator are spelled out.</summary>
internal sealed class ExportForm(int opset) : Pass
{
    public static Graph Of(Graph graph, int opset) => new ExportForm(opset).Run(graph);

    public override Graph Run(Graph graph)
    {
        graph = new RewriteLoops(() => [this]).Run(graph);
        if (graph.Nodes.Any(n => n.Op is QuantizedOperator))
            graph = new RewritePass("SpellOutQuantizedOperators", new SpellOutQuantizedOperators()).Run(graph);
        bool turns = graph.Nodes.Any(n => ToLayout.LayoutOf(n.Op) == Layout.ChannelsLast);
        if (turns)
            graph = new ToLayout(Layout.ChannelsFirst).Run(graph);
        graph = new DecomposeComposites(n => !ExportTable.CanWrite(n, opset)).Run(graph);
        // Stored integers stay integers: what they stand for would be larger.
        var fold = new FoldConstant(new GraphEvaluator(), op => op is DequantizeLinear);
        if (!turns)
            return graph;
        graph = new RewritePass(
            "SinkTransposes", fold, new RemoveIdentity(), new MergeMovements(keepsTransposes: true), new SinkTransposeThroughElementwise(), new SinkTransposeThroughAxes(), new SinkTransposeThroughReshape(),
            new FoldTransposeIntoDenseWeights()).Run(graph);
        return new RewritePass("MergeMovements", fold, new RemoveIdentity(), new MergeMovements()).Run(graph);
    }
}
