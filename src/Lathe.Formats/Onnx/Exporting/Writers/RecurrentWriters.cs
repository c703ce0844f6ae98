using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Recurrent layers. Their operands stand in ONNX's order but for the lengths, which come after the bias.</summary>
internal static class RecurrentWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<Lstm>(7, (n, op) =>
        {
            int next = 6;
            string lengths = op.HasLengths ? n.In(next++) : "";
            string peepholes = op.HasPeepholes ? n.In(next) : "";
            n.Result(
                "LSTM",
                [n.In(0), n.In(1), n.In(2), n.In(3), lengths, n.In(4), n.In(5), peepholes],
                [.. Attributes(n, op.Direction, op.Activations, op.Clip), ("input_forget", op.InputForget ? 1L : 0L)]);
        }, (_, op) => CanName(op.Activations));
        table.Add<Gru>(7, (n, op) => n.Result(
            "GRU",
            [n.In(0), n.In(1), n.In(2), n.In(3), op.HasLengths ? n.In(5) : "", n.In(4)],
            [.. Attributes(n, op.Direction, op.Activations, op.Clip), ("linear_before_reset", op.LinearBeforeReset ? 1L : 0L)]),
            (_, op) => CanName(op.Activations));
        table.Add<Rnn>(7, (n, op) => n.Result(
            "RNN", [n.In(0), n.In(1), n.In(2), n.In(3), op.HasLengths ? n.In(5) : "", n.In(4)], [.. Attributes(n, op.Direction, op.Activations, op.Clip)]),
            (_, op) => CanName(op.Activations));
    }

    private static IEnumerable<(string, object)> Attributes(NodeExport n, RecurrentDirection direction, EquatableArray<UnaryElementwiseOp> activations, double? clip)
    {
        yield return ("hidden_size", n.Type(2).Shape[2].Value);
        yield return ("direction", direction.ToString().ToLowerInvariant());
        yield return ("activations", activations.Select(a => Named(a).Name));
        var alphas = activations.Select(a => Named(a).Alpha).OfType<double>().ToArray();
        var betas = activations.Select(a => Named(a).Beta).OfType<double>().ToArray();
        if (alphas.Length > 0)
            yield return ("activation_alpha", alphas);
        if (betas.Length > 0)
            yield return ("activation_beta", betas);
        if (clip is { } limit)
            yield return ("clip", limit);
    }

    private static bool CanName(EquatableArray<UnaryElementwiseOp> activations) => activations.All(a => Named(a).Name.Length > 0);

    /// <summary>An activation's name and the numbers it takes; an empty name where a recurrent layer cannot have it.</summary>
    private static (string Name, double? Alpha, double? Beta) Named(UnaryElementwiseOp activation) => activation switch
    {
        Relu or Tanh or Sigmoid or Softsign or Softplus => (activation.Name, null, null),
        LeakyRelu op => ("LeakyRelu", op.Alpha, null),
        ThresholdedRelu op => ("ThresholdedRelu", op.Alpha, null),
        Elu op => ("Elu", op.Alpha, null),
        HardSigmoid op => ("HardSigmoid", op.Alpha, op.Beta),
        ScaledTanh op => ("ScaledTanh", op.Alpha, op.Beta),
        Affine op => ("Affine", op.Alpha, op.Beta),
        _ => ("", null, null),
    };
}
