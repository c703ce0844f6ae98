using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>A graph made ready for an operator set: images are channels-first, and composites without an operator are spelled out.</summary>
internal static class ExportForm
{
    public static Graph Of(Graph graph, int opset)
    {
        var expanded = new DecomposeComposites(n => !ExportTable.CanWrite(n, opset)).Run(graph);
        if (!expanded.Nodes.Any(n => ToLayout.LayoutOf(n.Op) == Layout.ChannelsLast))
            return expanded;
        var turned = new ToLayout(Layout.ChannelsFirst).Run(expanded);
        return new RewritePass(
            "SinkTransposes",
            new FoldConstant(new GraphEvaluator()), new RemoveIdentity(), new MergeMovements(), new SinkTransposeThroughElementwise(), new SinkTransposeThroughAxes()).Run(turned);
    }
}
