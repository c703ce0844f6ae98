using System.Collections;
using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Gives the values of a node's outputs; the last ones may be missing.</summary>
internal delegate IReadOnlyList<Value?> ImportOp(NodeContext node);

/// <summary>Which function imports which op. A node of an op that is not here is reported as unsupported.</summary>
internal sealed class OpTable : IEnumerable
{
    private readonly Dictionary<string, ImportOp> _ops = [];

    private static readonly OpTable Standard = new()
    {
        { "Add", Elementwise.Binary<Graphs.Ops.Add> },
        { "MatMul", Products.MatMul },
        { "Relu", Elementwise.Unary<Graphs.Ops.Relu> },
    };

    private static readonly OpTable Microsoft = new()
    {
    };

    public static ImportOp? Find(string domain, string op) => domain switch
    {
        "" => Standard._ops.GetValueOrDefault(op),
        "com.microsoft" => Microsoft._ops.GetValueOrDefault(op),
        _ => null,
    };

    public void Add(string op, Func<NodeContext, Value> import) => _ops.Add(op, node => [import(node)]);

    public void Add(string op, Func<NodeContext, IReadOnlyList<Value?>> import) => _ops.Add(op, new(import));

    public IEnumerator GetEnumerator() => _ops.Keys.GetEnumerator();
}
