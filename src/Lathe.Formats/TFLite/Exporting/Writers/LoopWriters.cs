using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Loops whose rounds only a run counts.</summary>
internal static class LoopWriters
{
    public static void AddTo(ExportTable table) => table.Add<While>(WriteWhile);

    /// <summary>The operator's graphs see nothing but what is carried, so that what stays the same is carried too.</summary>
    private static void WriteWhile(NodeExport n, While op)
    {
        var body = op.Body;
        var kept = body.Inputs.Skip(op.Carried).Select((value, i) => new GraphOutput($"kept{i}", value));
        int condition = n.Called(op.Condition), round = n.Called(new Graph(body.Name, body.Inputs, [.. body.Outputs, .. kept]));
        int[] outputs =
        [
            .. Enumerable.Range(0, op.Carried).Select(n.Out),
            .. Enumerable.Range(op.Carried, n.Node.Inputs.Length - op.Carried).Select(i => n.Temporary("kept", n.Type(i))),
        ];
        n.Operator(BuiltinOperator.WHILE, n.Ins(), outputs, OptionsKind.While, new() { { 0, condition }, { 1, round } });
    }
}
