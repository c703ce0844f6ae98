using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Cost;
using Lathe.Graphs.Ops;

namespace Lathe.Cli.Inspection;

/// <summary>An input or output of a model.</summary>
internal sealed record Port(string Name, string Type, IReadOnlyList<long> Shape);

/// <summary>Something that a model's file says about itself.</summary>
internal sealed record Fact(string Name, string Text);

/// <summary>A node of the model's file: the graph's nodes that were made of it, in one row.</summary>
/// <param name="Op">What it became, its ops joined by <c>+</c>.</param>
/// <param name="Counts">The count of each dialect that was asked for, by its name.</param>
internal sealed record Layer(
    string Name, string Op, string Output, long Parameters, long WeightBytes, long Macs, long ActivationBytes, IReadOnlyDictionary<string, long> Counts);

/// <summary>A dialect's count of a whole model.</summary>
internal sealed record DialectTotal(string Dialect, string Unit, long Total);

/// <summary>What is known of a model without running it.</summary>
/// <param name="ArenaBytes">The memory that a run needs for values between kernels once compiled for this machine; null where it cannot be compiled.</param>
/// <param name="ArithmeticIntensity">FLOPs (Lathe's) for each byte of weights and activations.</param>
internal sealed record ModelSummary(
    string Model,
    string Format,
    string Producer,
    long FormatVersion,
    IReadOnlyDictionary<string, long> Opsets,
    IReadOnlyList<Fact> Facts,
    IReadOnlyList<Port> Inputs,
    IReadOnlyList<Port> Outputs,
    IReadOnlyList<Layer> Layers,
    long Parameters,
    long WeightBytes,
    long Macs,
    long ActivationBytes,
    long? ArenaBytes,
    double ArithmeticIntensity,
    IReadOnlyList<DialectTotal> Counts,
    IReadOnlyList<string> Notes)
{
    public static ModelSummary Of(string path, ModelFileInfo info, Graph graph, IReadOnlyList<IFlopDialect> dialects, Target target, List<string> notes)
    {
        var cost = ModelCost.Of(graph);
        int loops = graph.AllNodes.Count(n => n.Op is While);
        if (loops > 0)
            notes.Add($"{(loops == 1 ? "a loop" : $"each of {loops} loops")} counts as one round: how many there are, only a run knows");
        return new(
            path,
            info.Format,
            info.Producer,
            info.Version,
            info.Opsets.ToDictionary(o => o.Key.Length > 0 ? o.Key : "ai.onnx", o => o.Value),
            [.. info.Facts.Select(f => new Fact(f.Name, f.Text))],
            [.. graph.Inputs.Select(v => PortOf(((Input)v.Op).InputName, v))],
            [.. graph.Outputs.Select(o => PortOf(o.Name, o.Value))],
            LayersOf(graph, cost, dialects),
            cost.Parameters, cost.WeightBytes, cost.Macs, cost.ActivationBytes,
            Arena(graph, target, notes),
            cost.ArithmeticIntensity,
            [.. dialects.Select(d => new DialectTotal(d.Name, d.Unit, d.Total(graph)))],
            notes);
    }

    private static Port PortOf(string name, Value value) => new(name, value.Type.ToString(), value.Shape.ToArray());

    private static List<Layer> LayersOf(Graph graph, ModelCost cost, IReadOnlyList<IFlopDialect> dialects) =>
    [
        .. cost.Nodes
            .Where(n => n.Parameters > 0 || n.ActivationBytes > 0)
            .GroupBy(n => n.Node.Name)
            .Select(g => new Layer(
                g.Key,
                string.Join('+', g.Where(n => n.ActivationBytes > 0).Select(n => n.Node.Op.Name).Distinct()),
                string.Join(' ', g.Last().Node.Outputs.Select(o => o.Type)),
                g.Sum(n => n.Parameters),
                g.Sum(n => n.WeightBytes),
                g.Sum(n => n.Macs),
                g.Last().ActivationBytes,
                dialects.ToDictionary(d => d.Name, d => g.Where(n => n.ActivationBytes > 0).Sum(n => d.CountOf(n.Node) ?? 0)))),
    ];

    private static long? Arena(Graph graph, Target target, List<string> notes)
    {
        try
        {
            return new Compiler(new CompileOptions(target), new PassLog()).Compile(graph).Program.ArenaBytes;
        }
        catch (LatheException e)
        {
            notes.Add($"the model cannot be compiled yet, so that its work space is not known ({e.Code}: {e.Message})");
            return null;
        }
    }
}
