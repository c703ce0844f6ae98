using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Activation functions. Those that came late are written by older operators in earlier sets.</summary>
internal static class ActivationWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<Celu>(12, (n, op) => n.Result("Celu", ("alpha", op.Alpha)), (node, _) => node.Output.Element == DType.Float32);
        table.Add<Elu>(6, (n, op) => n.Result("Elu", ("alpha", op.Alpha)));
        table.Add<Gelu>(20, (n, op) => n.Result("Gelu", ("approximate", op.Tanh ? "tanh" : "none")));
        table.Add<Gelu>(9, WriteGelu);
        table.Add<HardSigmoid>(6, (n, op) => n.Result("HardSigmoid", ("alpha", op.Alpha), ("beta", op.Beta)));
        table.Add<HardSwish>(14, "HardSwish");
        table.Add<HardSwish>(7, (n, _) => n.Result("Mul", [n.In(0), n.Emit("HardSigmoid", [n.In(0)], ("alpha", 1.0 / 6), ("beta", 0.5))]));
        table.Add<LeakyRelu>(6, (n, op) => n.Result("LeakyRelu", ("alpha", op.Alpha)));
        table.Add<Mish>(18, "Mish");
        table.Add<Mish>(7, (n, _) => n.Result("Mul", [n.In(0), n.Emit("Tanh", [n.Emit("Softplus", [n.In(0)])])]));
        table.Add<PRelu>(9, "PRelu");
        table.Add<PRelu>(7, (n, _) => n.Result("PRelu"), (node, _) => node.Output.Element.IsFloat);
        table.Add<Relu>(14, "Relu");
        table.Add<Relu>(6, (n, _) => n.Result("Relu"), (node, _) => node.Output.Element.IsFloat);
        table.Add<ScaledTanh>(7, (n, op) => n.Result(
            "Mul", [n.Emit("Tanh", [n.Emit("Mul", [n.In(0), n.Scalar("beta", op.Beta, n.Type(0).Element)])]), n.Scalar("alpha", op.Alpha, n.Type(0).Element)]));
        table.Add<Selu>(6, (n, op) => n.Result("Selu", ("alpha", op.Alpha), ("gamma", op.Gamma)));
        table.Add<Shrink>(9, (n, op) => n.Result("Shrink", ("bias", op.Bias), ("lambd", op.Lambda)));
        table.Add<Sigmoid>(6, "Sigmoid");
        table.Add<Softplus>(1, "Softplus");
        table.Add<Softsign>(1, "Softsign");
        table.Add<Swish>(7, (n, op) =>
        {
            string gate = op.Alpha == 1 ? n.In(0) : n.Emit("Mul", [n.In(0), n.Scalar("alpha", op.Alpha, n.Type(0).Element)]);
            n.Result("Mul", [n.In(0), n.Emit("Sigmoid", [gate])]);
        });
        table.Add<Tanh>(6, "Tanh");
        table.Add<ThresholdedRelu>(10, (n, op) => n.Result("ThresholdedRelu", ("alpha", op.Alpha)));
    }

    /// <summary>The definition in <see cref="Gelu"/>, written out.</summary>
    private static void WriteGelu(NodeExport n, Gelu op)
    {
        var type = n.Type(0).Element;
        string Scaled(string role, string x, double factor) => n.Emit("Mul", [x, n.Scalar(role, factor, type)]);
        string curve;
        if (op.Tanh)
        {
            string cube = n.Emit("Mul", [n.Emit("Mul", [n.In(0), n.In(0)]), n.In(0)]);
            string inner = n.Emit("Add", [n.In(0), Scaled("cubic", cube, 0.044715)]);
            curve = n.Emit("Tanh", [Scaled("slope", inner, Math.Sqrt(2 / Math.PI))]);
        }
        else
            curve = n.Emit("Erf", [Scaled("slope", n.In(0), Math.Sqrt(0.5))]);
        n.Result("Mul", [Scaled("half", n.In(0), 0.5), n.Emit("Add", [curve, n.Scalar("one", 1, type)])]);
    }
}
