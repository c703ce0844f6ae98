using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A dense layer of a few places whose float32 weights are kept as numbers of 24 bits (<see cref="Int24Weights"/>): reading weights is nearly all of its
/// time where they lie beyond the second-level cache, and these are three quarters of the bytes. Sums are of data times whole numbers, and a column's
/// factor is multiplied to its sum.
/// </summary>
internal sealed class Int24Form : ContractionForm
{
    /// <summary>With more places, multiply-adds take longer than reading.</summary>
    private const int MostPlaces = 4;

    /// <summary>A thread's weights that take less of the second-level cache are still there in the next run.</summary>
    private const double Near = 0.6;

    private readonly ContractionForm _form;
    private readonly Int24Weights _weights;

    private readonly MachineFacts _machine;

    private Int24Form(ContractionForm form, Int24Weights weights, MachineFacts machine) => (_form, _weights, _machine) = (form, weights, machine);

    public override Contraction Work => _form.Work;

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
    public static Int24Form? Of(Node node, MachineFacts machine)
    {
        if (!machine.ShufflesBytes || ContractionForm.Of(node) is not { PacksWeights: true, Work: { Element: DType.Float32 } work } form || work.Images * work.Places > MostPlaces
            || work.Reduction * work.Columns * work.Groups * work.Element.Size / machine.Threads < machine.L2Bytes * Near)
            return null;
        return Int24Weights.Of(form.Matrix(), (int)(work.Columns * work.Groups)) is { } weights ? new(form, weights, machine) : null;
    }

    public override ContractionForm Flattened() => new Int24Form(_form.Flattened(), _weights, _machine);

    public override Buffer DataBuffer(KernelDraft draft) => _form.DataBuffer(draft);

    public override Expr DataAt(Buffer data, Expr image, Expr row, Expr column, Expr group, Expr kh, Expr kw, Expr c) =>
        _form.DataAt(data, image, row, column, group, kh, kw, c);

    public override Expr[] ResultPlace(Expr image, Expr row, Expr column) => _form.ResultPlace(image, row, column);

    public override Tensor Matrix() => _form.Matrix();

    public override WeightLoads Weights(KernelDraft draft, long panelColumns)
    {
        long panels = ContractionConfig.DivideUp(Work.Columns, panelColumns), reduction = Work.Reduction;
        var bytes = draft.Parameter(_weights.Pack(Work, panelColumns));
        Expr First(Expr group, Expr panel, Expr k, Expr start) => (((((group * panels) + panel) * reduction) + k) * panelColumns) + start;
        bool beginsLine = panelColumns * Int24.Width % _machine.LineBytes == 0;
        Expr At(Expr group, Expr panel, Expr k, Expr start, int lanes)
        {
            int read = lanes * Int24.Read, into = beginsLine && start is IntConst { Value: var column } ? IntoLine(column * Int24.Width, lanes * Int24.Width, read) : 0;
            var loaded = bytes[Build.Lane((First(group, panel, k, start) * Int24.Width) - into, read)];
            return new Int24(into == 0 ? loaded : new Shuffle(loaded, loaded, [.. Enumerable.Range(into, read - into), .. Enumerable.Range(0, into)]));
        }

        return new((_, group, panel, k, start, lanes) => Build.Cast(DType.Float32, At(group, panel, k, start, lanes)), null)
        {
            Ask = (group, panel, k) => Lines(bytes, (First(group, panel, k, 0) * Int24.Width) + Int24Weights.Ahead, panelColumns * Int24.Width),
        };
    }

    /// <summary>
    /// How far into a line some bytes begin that all lie in it, where the line is as much as is read for them; 0 for others. Read from its beginning, it is one line; from
    /// theirs, it would be two, and that takes as long as two loads.
    /// </summary>
    private int IntoLine(long start, int bytes, int read)
    {
        int into = (int)(start % _machine.LineBytes);
        return read == _machine.LineBytes && into + bytes <= read ? into : 0;
    }

    /// <summary>Asks for the lines of so many bytes.</summary>
    private Stmt Lines(Buffer buffer, Expr start, long bytes) => Stmt.Sequence(
        Enumerable.Range(0, (int)ContractionConfig.DivideUp(bytes, _machine.LineBytes)).Select(line => new Prefetch(buffer, [start + (line * _machine.LineBytes)])));
}
