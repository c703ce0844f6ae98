using System.Globalization;
using System.Text;
using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Cost;

/// <summary>
/// As the tflite-flops tool: 2-D convolutions only, two for each element of the filter at each place of the output, the batch left out.
/// </summary>
public sealed class TfLiteFlops : IFlopDialect
{
    private const string Ignored = "<IGNORED>";

    public string Name => "tflite-flops";

    public string Unit => "FLOPs";

    public long? Count(Node node)
    {
        if (node.Op is not (Conv { Window.Rank: 2 } or ConvInteger { Window.Rank: 2 }) || node.Output.Type.Rank != 4)
            return null;
        var image = ImageAxes.Of(node.Op is Conv conv ? conv.Layout : ((ConvInteger)node.Op).Layout, 4);
        var output = node.Output.Shape;
        return checked(2 * output[image.FirstSpatial].Value * output[image.FirstSpatial + 1].Value * node.Inputs[1].Shape.ElementCount);
    }

    /// <summary>The tool's own report: a row an operator with its millions of FLOPs, and the total.</summary>
    /// <param name="operators">
    /// The operators of the model's file in their order, by their kind and the name that their nodes have in the graph; without, rows are guessed from the graph.
    /// </param>
    public string Report(Graph graph, IReadOnlyList<(string Kind, string Name)>? operators = null)
    {
        var text = new StringBuilder();
        var running = ModelCost.RunNodes(graph);
        var nodes = graph.Nodes.Where(n => running.Contains(n) && n.Op is not (Input or QuantizedOperator)).ToList();
        if (operators is { Count: > 0 })
        {
            var counts = nodes.Where(n => Count(n) is not null).GroupBy(n => n.Name).ToDictionary(g => g.Key, g => new Queue<long>(g.Select(n => Count(n)!.Value)));
            foreach (var (kind, name) in operators)
                Row(kind, kind is "CONV_2D" or "DEPTHWISE_CONV_2D" && counts.GetValueOrDefault(name) is { Count: > 0 } left ? left.Dequeue() : null);
        }
        else
        {
            foreach (var node in nodes.Where(n => !IsFused(n)))
                Row(OperatorName(node), Count(node));
        }
        return text.AppendLine(CultureInfo.InvariantCulture, $"Total: {Millions(this.Total(graph))} M FLOPS").ToString();

        void Row(string kind, long? flops) => text.AppendLine(CultureInfo.InvariantCulture, $"{kind,-18} | {(flops is { } count ? Millions(count) : Ignored)}");
    }

    private static string Millions(long flops) => (flops / 1e6).ToString("F1", CultureInfo.InvariantCulture);

    /// <summary>TFLite's operators take their bias and activation with them.</summary>
    private static bool IsFused(Node node) =>
        ChannelBias.Is(node) || (node.Op is Relu or Clip && node.Inputs[0].Node is var from && (ChannelBias.Is(from) || from.Op is Conv or MatMul));

    private static string OperatorName(Node node) => node.Op switch
    {
        Conv conv when conv.Groups > 1 && node.Inputs[1].Shape[conv.WeightAxes(node.Inputs[1].Shape.Rank).In].Value == 1 => "DEPTHWISE_CONV_2D",
        Conv => "CONV_2D",
        ConvTranspose => "TRANSPOSE_CONV",
        MatMul when node.Inputs[1].Constant is not null => "FULLY_CONNECTED",
        MatMul => "BATCH_MATMUL",
        MaxPool => "MAX_POOL_2D",
        AveragePool => "AVERAGE_POOL_2D",
        ReduceMean => "MEAN",
        Concat => "CONCATENATION",
        Sigmoid => "LOGISTIC",
        var op => string.Concat(op.Name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}")),
    };
}
