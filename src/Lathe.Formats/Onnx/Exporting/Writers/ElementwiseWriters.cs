using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Arithmetic, comparisons, logic and functions of each element.</summary>
internal static class ElementwiseWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<Abs>(6, "Abs");
        table.Add<Acos>(7, "Acos");
        table.Add<Acosh>(9, "Acosh");
        table.Add<Add>(7, "Add");
        table.Add<Affine>(7, (n, op) => n.Result(
            "Add", [n.Emit("Mul", [n.In(0), n.Scalar("scale", op.Alpha, n.Type(0).Element)]), n.Scalar("offset", op.Beta, n.Type(0).Element)]));
        table.Add<And>(7, "And");
        table.Add<Asin>(7, "Asin");
        table.Add<Asinh>(9, "Asinh");
        table.Add<Atan>(7, "Atan");
        table.Add<Atanh>(9, "Atanh");
        table.Add<BitShift>(11, (n, op) => n.Result("BitShift", ("direction", op.Left ? "LEFT" : "RIGHT")));
        table.Add<BitwiseAnd>(18, "BitwiseAnd");
        table.Add<BitwiseNot>(18, "BitwiseNot");
        table.Add<BitwiseOr>(18, "BitwiseOr");
        table.Add<BitwiseXor>(18, "BitwiseXor");
        table.Add<Cast>(6, (n, op) => n.Result("Cast", ("to", (long)OnnxTypes.Number(op.To))));
        table.Add<Ceil>(6, "Ceil");
        table.Add<Clip>(12, WriteClip);
        table.Add<Clip>(11, WriteClip, HasFloats);
        table.Add<Clip>(6, (n, op) => n.Result("Clip", [.. Bounds(op)]), HasFloats);
        table.Add<Cos>(7, "Cos");
        table.Add<Cosh>(9, "Cosh");
        table.Add<Div>(7, "Div");
        table.Add<Equal>(11, "Equal");
        table.Add<Equal>(7, (n, _) => n.Result("Equal"), HasIntegers);
        table.Add<Erf>(9, "Erf");
        table.Add<Exp>(6, "Exp");
        table.Add<Floor>(6, "Floor");
        table.Add<Greater>(9, "Greater");
        table.Add<Greater>(7, (n, _) => n.Result("Greater"), HasFloats);
        table.Add<GreaterEqual>(12, "GreaterOrEqual");
        table.Add<Identity>(1, "Identity");
        table.Add<IsInf>(10, (n, op) => n.Result("IsInf", ("detect_positive", op.Positive ? 1L : 0L), ("detect_negative", op.Negative ? 1L : 0L)));
        table.Add<IsNaN>(9, "IsNaN");
        table.Add<Less>(9, "Less");
        table.Add<Less>(7, (n, _) => n.Result("Less"), HasFloats);
        table.Add<LessEqual>(12, "LessOrEqual");
        table.Add<Log>(6, "Log");
        table.Add<Max>(12, "Max");
        table.Add<Max>(8, (n, _) => n.Result("Max"), HasFloats);
        table.Add<Min>(12, "Min");
        table.Add<Min>(8, (n, _) => n.Result("Min"), HasFloats);
        table.Add<Mod>(10, (n, op) => n.Result("Mod", ("fmod", op.Fmod ? 1L : 0L)));
        table.Add<Mul>(7, "Mul");
        table.Add<Neg>(6, "Neg");
        table.Add<Not>(1, "Not");
        table.Add<NotEqual>(11, (n, _) => n.Result("Not", [n.Emit("Equal", n.Ins())]));
        table.Add<NotEqual>(7, (n, _) => n.Result("Not", [n.Emit("Equal", n.Ins())]), HasIntegers);
        table.Add<Or>(7, "Or");
        table.Add<Pow>(12, "Pow");
        table.Add<Pow>(7, (n, _) => n.Result("Pow"), (node, op) => node.Inputs[0].Type.Element == node.Inputs[1].Type.Element);
        table.Add<Reciprocal>(6, "Reciprocal");
        table.Add<Round>(11, "Round");
        table.Add<Sign>(9, "Sign");
        table.Add<Sin>(7, "Sin");
        table.Add<Sinh>(9, "Sinh");
        table.Add<Sqrt>(6, "Sqrt");
        table.Add<Sub>(7, "Sub");
        table.Add<Tan>(7, "Tan");
        table.Add<Where>(9, "Where");
        table.Add<Xor>(7, "Xor");
    }

    private static void WriteClip(NodeExport n, Clip op)
    {
        var type = n.Type(0).Element;
        n.Result("Clip", [
            n.In(0),
            op.Min is { } min ? n.Scalar("min", min, type) : "",
            op.Max is { } max ? n.Scalar("max", max, type) : ""]);
    }

    private static IEnumerable<(string Name, object Value)> Bounds(Clip op)
    {
        if (op.Min is { } min)
            yield return ("min", min);
        if (op.Max is { } max)
            yield return ("max", max);
    }

    private static bool HasFloats(Node node, Op op) => node.Inputs[0].Element.IsFloat;

    private static bool HasIntegers(Node node, Op op) => !node.Inputs[0].Element.IsFloat;
}
