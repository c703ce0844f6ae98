using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Exporting.Writers;
using Lathe.Graphs;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>Which writer writes which op, and for which nodes. A composite that has none is spelled out before.</summary>
internal sealed class ExportTable
{
    private static readonly ExportTable Standard = Filled();

    private readonly Dictionary<Type, List<Entry>> _entries = [];

    private sealed record Entry(Func<Node, bool>? Can, Action<NodeExport> Write);

    /// <summary>The ops that have a writer.</summary>
    public static IEnumerable<Type> Ops => Standard._entries.Keys;

    public static bool CanWrite(Node node) => Standard.Find(node) is not null;

    public static void Write(NodeExport node) => Standard.Find(node.Node)!.Write(node);

    /// <summary>Adds a writer; of several for an op, the first that can write a node does.</summary>
    /// <param name="can">Which nodes it can write; all without it.</param>
    public void Add<TOp>(Action<NodeExport, TOp> write, Func<Node, TOp, bool>? can = null) where TOp : Op
    {
        if (!_entries.TryGetValue(typeof(TOp), out var entries))
            _entries.Add(typeof(TOp), entries = []);
        entries.Add(new(can is null ? null : node => can(node, (TOp)Fused.MainOf(node.Op)), node => write(node, (TOp)node.Op)));
    }

    private Entry? Find(Node node) => node.Outputs.All(o => o.Shape.IsKnown) && _entries.TryGetValue(Fused.MainOf(node.Op).GetType(), out var entries)
        ? entries.FirstOrDefault(e => e.Can is null || e.Can(node))
        : null;

    private static ExportTable Filled()
    {
        var table = new ExportTable();
        ElementwiseWriters.AddTo(table);
        FunctionWriters.AddTo(table);
        ActivationWriters.AddTo(table);
        ImageWriters.AddTo(table);
        MovementWriters.AddTo(table);
        IndexWriters.AddTo(table);
        ProductWriters.AddTo(table);
        ReductionWriters.AddTo(table);
        NormalizationWriters.AddTo(table);
        QuantizationWriters.AddTo(table);
        LoopWriters.AddTo(table);
        return table;
    }
}
