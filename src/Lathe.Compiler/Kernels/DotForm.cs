using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A convolution or matrix product of bytes, summed in i32 by <see cref="Dot4"/>. A step of the reduction is a word of four bytes that follow one
/// another in the data: channels, or a row of the window and its channels where that is one stretch of memory. The last word of a stretch is moved back
/// to end with it, and the weights of what it repeats are zero.
/// Data are unsigned: signed ones are moved by 128, and <see cref="Correction"/> takes that off. Weights that are no signed bytes are moved by
/// <see cref="DataFactor"/>, which the sum of the data counts for.
/// </summary>
internal sealed class DotForm : ContractionForm
{
    private readonly Node _node;
    private readonly ContractionForm _places;
    private readonly long _run;
    private readonly int _weightShift;

    private DotForm(Node node, ContractionForm places, long run, int weightShift)
    {
        (_node, _places, _run, _weightShift) = (node, places, run, weightShift);
        var work = places.Work;
        Work = work with
        {
            Depth = ContractionConfig.DivideUp(run, Dot4.Width),
            KernelWidth = work.KernelWidth * work.Depth / run,
            Element = DType.Int32,
            PlaceStride = ContractionConfig.DivideUp(work.PlaceStride, Dot4.Width),
            SumsData = weightShift != 0,
        };
    }

    public override Contraction Work { get; }

    public override Value Data => _places.Data;

    public override bool CanFlatten => _places.CanFlatten;

    public override bool PacksWeights => true;

    public override int DataFactor => IsByte ? 1 : _weightShift;

    /// <summary>Whether what weights are moved by is a signed byte itself, so that the products by which data are summed up can take it.</summary>
    private bool IsByte => _weightShift == (sbyte)_weightShift;

    public override bool SumsBesideColumns(long panelColumns) => Work.SumsData && IsByte && 2 * Work.Columns <= panelColumns;

    public override int[]? Correction => Data.Element == DType.UInt8 ? null : [.. ColumnSums().Select(sum => unchecked(-128 * sum))];

    public static DotForm? OfBytes(Node node)
    {
        if (node.Inputs[0].Element is not (DType.UInt8 or DType.Int8) || node.Inputs[1].Constant is not { } weights || weights.Type is not (DType.Int8 or DType.Int16)
            || WeightShift(weights) is not { } shift)
            return null;
        ContractionForm? places = node.Op switch
        {
            Conv conv => ConvForm.Of(node, conv),
            MatMul { TransposeA: false } matmul when node.Inputs[1].Type.Rank == 2 => MatMulForm.Of(node, matmul),
            _ => null,
        };
        if (places is null)
            return null;
        bool isOneRun = places.Work.Groups == 1 && node.Op is not Conv { Window.Dilations: [.., not 1] };
        long run = places.Work.Depth * (isOneRun ? places.Work.KernelWidth : 1);
        return run < Dot4.Width ? null : new(node, places, run, shift);
    }

    public override ContractionForm Flattened() => new DotForm(_node, _places.Flattened(), _run, _weightShift);

    /// <summary>Rows of the image are one axis of bytes.</summary>
    public override Buffer DataBuffer(KernelDraft draft)
    {
        long[] shape = draft.ShapeOf(Data);
        return draft.Input(Data, [.. shape.SkipLast(2), shape[^2] * shape[^1]]);
    }

    public override Expr DataAt(Buffer data, Expr image, Expr row, Expr column, Expr group, Expr kh, Expr kw, Expr c)
    {
        var unmerged = new Buffer("@data", data.Element, Enumerable.Repeat(1L, data.Rank + 1).ToArray());
        var at = ((Load)_places.DataAt(unmerged, image, row, column, group, kh, kw, 0)).Indices;
        var word = c * Dot4.Width;
        if (_run % Dot4.Width != 0)
            word = Build.Min(word, _run - Dot4.Width);
        var bytes = data[[.. at.SkipLast(2), Build.Lane((at[^2] * Data.Shape[^1].Value) + at[^1] + word, Dot4.Width)]];
        return data.Element == DType.UInt8 ? bytes : new Bitcast(DType.UInt8, bytes) ^ Build.Int(128, DType.UInt8);
    }

    public override Expr[] ResultPlace(Expr image, Expr row, Expr column) => _places.ResultPlace(image, row, column);

    public override Tensor Matrix() => _places.Matrix();

    public override WeightLoads Weights(KernelDraft draft, long panelColumns)
    {
        var work = Work;
        var buffer = draft.Parameter(PackedWeights.PackWords(Matrix(), work, _run, panelColumns, _weightShift, SumsBesideColumns(panelColumns)));
        return new((_, group, panel, k, start, lanes) => buffer[group, panel, k, Build.Lane(start * Dot4.Width, lanes * Dot4.Width)], buffer)
        {
            Ones = Ones(draft, panelColumns),
        };
    }

    public override Expr MultiplyAdd(Expr x, Expr w, Expr sum) => new Dot4(sum, x, w);

    /// <summary>What a datum counts for, and zeros for what a last word that was moved back repeats.</summary>
    private Func<Expr, int, Expr>? Ones(KernelDraft draft, long panelColumns)
    {
        if (_weightShift == 0)
            return null;
        sbyte each = (sbyte)(IsByte ? _weightShift : 1);
        if (_run % Dot4.Width == 0)
            return (_, lanes) => Build.ToLanes(Build.Int(each, DType.Int8), lanes);
        var ones = Tensor.Zeros(DType.Int8, Shape.Of(Work.Depth, panelColumns * Dot4.Width));
        ones.Span<sbyte>().Fill(each);
        for (long at = 0; at < panelColumns * Dot4.Width; at++)
            ones.SetInt64(((Work.Depth - 1) * panelColumns * Dot4.Width) + at, at % Dot4.Width < (Work.Depth * Dot4.Width) - _run ? 0 : each);
        var buffer = draft.Parameter(ones);
        return (c, lanes) => buffer[c, Build.Lane(0, lanes)];
    }

    /// <summary>The sum of each column of the weights.</summary>
    private int[] ColumnSums()
    {
        var matrix = Matrix();
        var sums = new int[Work.Columns * Work.Groups];
        for (long i = 0; i < matrix.Count; i++)
            sums[i % sums.Length] += (int)matrix.GetInt64(i);
        return sums;
    }

    /// <summary>What weights are moved by so that they are signed bytes; null where nothing does that.</summary>
    private static int? WeightShift(Tensor weights)
    {
        if (weights.Type == DType.Int8)
            return 0;
        var (low, high) = (0, 0);
        foreach (short weight in weights.Span<short>())
            (low, high) = (Math.Min(low, weight), Math.Max(high, weight));
        return low >= sbyte.MinValue && high <= sbyte.MaxValue ? 0
            : high - low > byte.MaxValue ? null
            : low < sbyte.MinValue ? low - sbyte.MinValue : high - sbyte.MaxValue;
    }
}
