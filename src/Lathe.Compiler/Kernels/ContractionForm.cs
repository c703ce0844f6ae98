using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>How a contraction's loops index its operands and result.</summary>
internal abstract class ContractionForm
{
    public abstract Contraction Work { get; }

    public abstract Value Data { get; }

    /// <summary>Whether all places of all images can be one long row (see <see cref="Flattened"/>).</summary>
    public abstract bool CanFlatten { get; }

    /// <summary>The same work as one row of places, data and result seen as matrices.</summary>
    public abstract ContractionForm Flattened();

    /// <summary>The data element that output place (row, column) meets at a step of the reduction.</summary>
    public abstract Expr DataAt(Buffer data, Expr image, Expr row, Expr column, Expr group, Expr kh, Expr kw, Expr c);

    /// <summary>The result's index but for its last axis, which is the column counted over all groups.</summary>
    public abstract Expr[] ResultPlace(Expr image, Expr row, Expr column);

    /// <summary>
    /// How weights are loaded. Constant weights are packed for panels of that many columns; others are read where they are.
    /// </summary>
    public abstract WeightLoads Weights(KernelDraft draft, long panelColumns);

    /// <summary>Whether a panel's missing columns may be read; they are zero.</summary>
    public abstract bool PacksWeights { get; }

    public Expr ReductionIndex(Expr kh, Expr kw, Expr c) => (((kh * Work.KernelWidth) + kw) * Work.Depth) + c;

    /// <summary>The form of a node, or null when the generator does not take it.</summary>
    public static ContractionForm? Of(Node node) => node.Op switch
    {
        Conv conv => ConvForm.Of(node, conv),
        MatMul matmul => MatMulForm.Of(node, matmul),
        _ => null,
    };

    protected static WeightLoads Packed(KernelDraft draft, Tensor weights, Contraction work, long panelColumns)
    {
        var buffer = draft.Parameter(PackedWeights.Pack(weights, work.Reduction, work.Groups, work.Columns, panelColumns));
        return new((_, group, panel, k, start, lanes) => buffer[group, panel, k, Build.Lane(start, lanes)], buffer);
    }
}

/// <summary>How a kernel reads weights.</summary>
/// <param name="At">Loads weights of a panel at a step of the reduction, from the panel's column of the second last number on.</param>
/// <param name="Panels">The packed weights, [groups, panels, reduction, panel columns]; null where they are not packed.</param>
internal sealed record WeightLoads(Func<Expr, Expr, Expr, Expr, Expr, int, Expr> At, Buffer? Panels);
