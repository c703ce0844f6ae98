using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Matrix products and what is written as sums of products.</summary>
internal static class ProductWriters
{
    public static void AddTo(ExportTable table)
    {
        table.Add<MatMul>(9, WriteMatMul, (node, _) => node.Output.Element == node.Inputs[0].Element && node.Output.Element.Size >= 4);
        table.Add<MatMul>(1, WriteMatMul, (node, _) => node.Output.Element.IsFloat);
        table.Add<Einsum>(12, (n, op) => n.Result("Einsum", ("equation", op.Equation)), (n, op) => op.HasEqualEllipses([.. n.Inputs.Select(i => i.Shape.Rank)]));
        table.Add<Contract>(
            12, (n, op) => n.Result("Einsum", ("equation", $"{string.Join(",", op.Operands)}->{op.Result}")), (_, op) => op.Operands.Append(op.Result).All(o => o.All(char.IsAsciiLetter)));
        table.Add<Det>(11, "Det");
    }

    /// <summary>A product of matrices that has a bias, or reads one transposed, is a Gemm; of stacks of matrices, transposes come before.</summary>
    private static void WriteMatMul(NodeExport n, MatMul op)
    {
        string? bias = n.Bias();
        bool plain = !op.TransposeA && !op.TransposeB && bias is null;
        if (!plain && n.Type(0).Rank == 2 && n.Type(1).Rank == 2 && n.Type(0).Element.IsFloat)
        {
            // The bias may be left out since operator set 11.
            string last = bias ?? (n.Opset >= 11 ? "" : n.Scalar("zero", 0, n.Type(0).Element));
            n.Result("Gemm", [n.In(0), n.In(1), last], ("transA", op.TransposeA ? 1L : 0L), ("transB", op.TransposeB ? 1L : 0L));
            return;
        }
        n.Result("MatMul", [op.TransposeA ? Swapped(n, 0) : n.In(0), op.TransposeB ? Swapped(n, 1) : n.In(1)]);
    }

    private static string Swapped(NodeExport n, int input)
    {
        int rank = n.Type(input).Rank;
        return n.Emit("Transpose", [n.In(input)], ("perm", MovementWriters.Longs([.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2])));
    }
}
