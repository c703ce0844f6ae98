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

    /// <summary>Where constant weights are packed: they, as [reduction, columns of all groups].</summary>
    public abstract Tensor Matrix();

    public Expr ReductionIndex(Expr kh, Expr kw, Expr c) => (((kh * Work.KernelWidth) + kw) * Work.Depth) + c;

    /// <summary>The form of a node, or null when the generator does not take it.</summary>
    public static ContractionForm? Of(Node node) => node.Op switch
    {
        Conv { Sum: null } conv => ConvForm.Of(node, conv),
        MatMul { Sum: null } matmul => MatMulForm.Of(node, matmul),
        Conv or MatMul => DotForm.OfBytes(node),
        _ => null,
    };

    /// <summary>The buffer that <see cref="DataAt"/> reads.</summary>
    public virtual Buffer DataBuffer(KernelDraft draft) => draft.Input(Data);

    /// <summary>A sum with the product of a datum and weights.</summary>
    public virtual Expr MultiplyAdd(Expr x, Expr w, Expr sum) => Work.Element.IsFloat ? Build.Fma(x, w, sum) : (x * w) + sum;

    /// <summary>What a column's sums are moved by, for each column of all groups; null where they are what they should be.</summary>
    public virtual int[]? Correction => null;

    /// <summary>What a column's sums are multiplied by, for each column of all groups; null where they are what they should be.</summary>
    public virtual float[]? Factors => null;

    /// <summary>What data are multiplied by before they are summed up.</summary>
    public virtual float DataScale => 1;

    /// <summary>Where <see cref="Contraction.SumsData"/>: what the sum of a place's data counts for in each of its sums.</summary>
    public virtual int DataFactor => 0;

    /// <summary>Whether the second half of a panel of so many columns holds, for each column of the first, what the place's data count for.</summary>
    public virtual bool SumsBesideColumns(long panelColumns) => false;

    protected WeightLoads Packed(KernelDraft draft, long panelColumns)
    {
        var buffer = draft.Parameter(PackedWeights.Pack(Matrix(), Work.Reduction, Work.Groups, Work.Columns, panelColumns));
        return new((_, group, panel, k, start, lanes) => buffer[group, panel, k, Build.Lane(start, lanes)], buffer);
    }
}

/// <summary>How a kernel reads weights.</summary>
/// <param name="At">Loads weights of a panel at a step of the reduction, from the panel's column of the second last number on.</param>
/// <param name="Panels">The packed weights, [groups, panels, reduction, panel columns]; null where they are not packed.</param>
internal sealed record WeightLoads(Func<Expr, Expr, Expr, Expr, Expr, int, Expr> At, Buffer? Panels)
{
    /// <summary>Where <see cref="Contraction.SumsData"/>: the weights, of so many lanes, that sum up the data of a step.</summary>
    public Func<Expr, int, Expr>? Ones { get; init; }

    /// <summary>Asks for the weights that come a little after those of a group's panel at a step of the reduction, as many as the step has; null where nothing does.</summary>
    public Func<Expr, Expr, Expr, Stmt>? Ask { get; init; }
}
