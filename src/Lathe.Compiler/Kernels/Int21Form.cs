using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A dense layer of a few places whose float32 weights are kept as numbers of 21 bits (<see cref="Int21Weights"/>): reading weights is nearly all of its
/// time where they lie beyond the second-level cache, and these are two thirds of the bytes. Sums are of data times whole numbers, and a column's
/// factor is multiplied to its sum.
/// </summary>
internal sealed class Int21Form : ContractionForm
{
    /// <summary>With more places, multiply-adds take longer than reading.</summary>
    private const int MostPlaces = 4;

    /// <summary>A thread's weights that take less of the second-level cache are still there in the next run.</summary>
    private const double Near = 0.6;

    /// <summary>Of a thread's numbers that take so many times the second-level cache, few are still there.</summary>
    private const double Far = 2;

    private readonly ContractionForm _form;
    private readonly Int21Weights _weights;

    private readonly MachineFacts _machine;

    private Int21Form(ContractionForm form, Int21Weights weights, MachineFacts machine) => (_form, _weights, _machine) = (form, weights, machine);

    public override Contraction Work => _form.Work with { WeightBytes = Int21Weights.Bytes, PanelVectors = Int21Weights.Vectors };

    public override Value Data => _form.Data;

    public override bool CanFlatten => _form.CanFlatten;

    public override bool PacksWeights => true;

    /// <summary>
    /// Numbers count 2^31 in a column's largest weight. Half of that is taken from the data, so that sums neither leave the range of floats nor data that of
    /// normal numbers sooner than about 1e33 and 1e-33.
    /// </summary>
    public override float DataScale => 1f / (1 << 16);

    public override float[] Factors => [.. _weights.Steps.Select(step => step / DataScale)];

    /// <summary>The form of a node, or null where it has none or reading weights is not what it waits for.</summary>
    public static Int21Form? Of(Node node, MachineFacts machine)
    {
        if (!machine.FunnelShifts || ContractionForm.Of(node) is not { PacksWeights: true, Work: { Element: DType.Float32 } work } form || work.Images * work.Places > MostPlaces
            || work.Columns < Int21Weights.Vectors * machine.Lanes(work.Element)
            || work.Reduction * work.Columns * work.Groups * work.Element.Size / machine.Threads < machine.L2Bytes * Near)
            return null;
        return Int21Weights.Of(form.Matrix(), (int)(work.Columns * work.Groups)) is { } weights ? new(form, weights, machine) : null;
    }

    public override ContractionForm Flattened() => new Int21Form(_form.Flattened(), _weights, _machine);

    public override Buffer DataBuffer(KernelDraft draft) => _form.DataBuffer(draft);

    public override Expr DataAt(Buffer data, Expr image, Expr row, Expr column, Expr group, Expr kh, Expr kw, Expr c) =>
        _form.DataAt(data, image, row, column, group, kh, kw, c);

    public override Expr[] ResultPlace(Expr image, Expr row, Expr column) => _form.ResultPlace(image, row, column);

    public override Tensor Matrix() => _form.Matrix();

    public override WeightLoads Weights(KernelDraft draft, long panelColumns)
    {
        int lanes = _machine.Lanes(DType.Float32);
        long panels = ContractionConfig.DivideUp(Work.Columns, panelColumns), reduction = Work.Reduction, step = Int21Weights.Words(panelColumns, lanes);
        var words = draft.Parameter(_weights.Pack(Work, panelColumns, lanes));
        bool far = Work.Reduction * Work.Columns * Work.Groups * Work.WeightBytes / _machine.Threads > _machine.L2Bytes * Far;
        int ahead = (far ? Int21Weights.AheadOfFar : Int21Weights.AheadOfNear) / words.Element.Size;
        Expr First(Expr group, Expr panel, Expr k) => ((((group * panels) + panel) * reduction) + k) * step;
        Expr At(Expr group, Expr panel, Expr k, Expr start, int count) =>
            Int21Weights.At(place => words[Build.Lane(First(group, panel, k) + place, count)], ((IntConst)start).Value, lanes);
        return new((_, group, panel, k, start, count) => Build.Cast(DType.Float32, new Bitcast(DType.Int32, At(group, panel, k, start, count))), null)
        {
            Ask = (group, panel, k) => Lines(words, First(group, panel, k) + ahead, step),
        };
    }

    /// <summary>Asks for the lines of so many elements.</summary>
    private Stmt Lines(Buffer buffer, Expr start, long count)
    {
        long line = _machine.LineBytes / buffer.Element.Size;
        return Stmt.Sequence(Enumerable.Range(0, (int)ContractionConfig.DivideUp(count, line)).Select(i => new Prefetch(buffer, [start + (i * line)])));
    }
}
