using Lathe.Formats.Onnx.Exporting.Writers;
using Lathe.Graphs;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>
/// Which writer writes which op, since which operator set, and for which nodes. A composite that has no writer for an operator set is spelled out before.
/// </summary>
internal sealed class ExportTable
{
    private static readonly ExportTable Standard = Filled();

    private readonly Dictionary<Type, List<Entry>> _entries = [];

    private sealed record Entry(int Since, Func<Node, bool>? Can, Action<NodeExport> Write);

    /// <summary>The ops that have a writer, and the oldest operator set of each.</summary>
    public static IEnumerable<(Type Op, int Since)> Ops => Standard._entries.Select(e => (e.Key, e.Value.Min(w => w.Since)));

    public static bool CanWrite(Node node, int opset) => Standard.Find(node, opset) is not null;

    public static void Write(NodeExport node) => Standard.Find(node.Node, node.Opset)!.Write(node);

    /// <summary>Adds a writer; of several for an op, the first that can write a node does.</summary>
    /// <param name="since">The oldest operator set that has what it writes.</param>
    /// <param name="can">Which nodes it can write; all without it.</param>
    public void Add<TOp>(int since, Action<NodeExport, TOp> write, Func<Node, TOp, bool>? can = null) where TOp : Op
    {
        if (!_entries.TryGetValue(typeof(TOp), out var entries))
            _entries.Add(typeof(TOp), entries = []);
        entries.Add(new(since, can is null ? null : node => can(node, (TOp)node.Op), node => write(node, (TOp)node.Node.Op)));
    }

    /// <summary>Adds an op that is an operator without attributes, of the same inputs.</summary>
    public void Add<TOp>(int since, string name) where TOp : Op => Add<TOp>(since, (node, _) => node.Result(name));

    private Entry? Find(Node node, int opset) => _entries.TryGetValue(node.Op.GetType(), out var entries)
        ? entries.FirstOrDefault(e => e.Since <= opset && (e.Can is null || e.Can(node)))
        : null;

    private static ExportTable Filled()
    {
        var table = new ExportTable();
        ElementwiseWriters.AddTo(table);
        ActivationWriters.AddTo(table);
        ImageWriters.AddTo(table);
        MovementWriters.AddTo(table);
        IndexWriters.AddTo(table);
        ProductWriters.AddTo(table);
        ReductionWriters.AddTo(table);
        NormalizationWriters.AddTo(table);
        QuantizationWriters.AddTo(table);
        RecurrentWriters.AddTo(table);
        LoopWriters.AddTo(table);
        return table;
    }
}
