using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Reading;

namespace Lathe.Formats.TFLite.Exporting.Writers;

/// <summary>Operators on integers that stand for reals.</summary>
internal static class QuantizationWriters
{
    public static void AddTo(ExportTable table) => table.Add<WholeOperator>((n, op) =>
    {
        var builtin = Enum.Parse<BuiltinOperator>(op.Operator.Operator);
        var (kind, options) = OperatorOptions.Write(builtin, op.Operator.Options);
        n.Result(builtin, [.. op.Operator.Operands.Select((scaling, i) => n.Scaled(i, LiteQuantization.Of(scaling)))], kind, options);
    });
}
