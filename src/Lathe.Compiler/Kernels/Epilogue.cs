using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Affine = Lathe.Compilation.Scheduling.Affine;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>What becomes of a contraction's sums: the group's elementwise part, stored where the result belongs.</summary>
/// <param name="draft">The kernel that is being written.</param>
/// <param name="group">The group whose elementwise part it is.</param>
/// <param name="materialized">All values that have memory.</param>
/// <param name="machine">The target's facts.</param>
/// <param name="target">Where to store instead of the result's own memory, for a part of the result that is read in the same kernel.</param>
internal sealed class Epilogue(KernelDraft draft, Group group, IReadOnlySet<Value> materialized, MachineFacts machine, Buffer? target = null)
{
    /// <summary>A result over one in so many of the second-level cache does not wait there.</summary>
    private const int PrefetchShare = 4;

    private readonly Inliner _inliner = new(draft, materialized);
    private readonly NarrowResult? _narrow = machine.PacksBytes ? NarrowResult.Of(group, materialized) : null;
    private readonly Dictionary<Tensor, Tensor> _orders = new(ReferenceEqualityComparer.Instance);
    private Inliner? _reordered;
    private readonly Destination _target = new(draft, group, machine, target);

    private readonly Node? _biased = BiasedBy(group, materialized);

    /// <summary>
    /// Integers that the sums which are stored here begin with, one for each column: the constant that is added to a contraction of integers first. Sums of
    /// floats would round otherwise; their bias is added where they are stored.
    /// </summary>
    public int[]? Bias
    {
        get
        {
            if (_biased?.Inputs.First(i => i.Constant is not null).Constant is not { } bias)
                return null;
            long columns = group.Anchor!.Output.Shape[^1].Value;
            return [.. Enumerable.Range(0, (int)columns).Select(c => (int)bias.GetInt64(bias.Count == 1 ? 0 : c))];
        }
    }

    /// <summary>The value whose elements the sums are.</summary>
    private Value Summed => _biased?.Output ?? group.Anchor!.Output;

    /// <summary>Whether the elementwise part calls functions such as tanh, which are long stretches of code each.</summary>
    public bool HasFunctions { get; } = Functions.AreIn(group, materialized);

    /// <summary>Whether a value of the result's shape is read beside the sums. Its memory may become the result's, if each element is stored once.</summary>
    public bool ReadsAlike { get; } = GroupNodes.Of(group, materialized).Where(n => n != group.Anchor).SelectMany(n => n.Inputs)
        .Any(i => i.Constant is null && i != group.Result && materialized.Contains(i) && i.Type == group.Inner.Type);

    /// <summary>Whether elements are stored at other places than the anchor's own.</summary>
    public bool Moves => group.Moves.Count > 0;

    /// <summary>
    /// Stores a vector of sums that starts at column <paramref name="first"/>. <paramref name="place"/> is the index of the anchor's result without
    /// its last axis; a vector in it stores so many places of one column. <paramref name="into"/> is the index of the memory where that is not the result's own.
    /// </summary>
    public Stmt Store(IReadOnlyList<Expr> place, Expr first, int lanes, Expr sums, IReadOnlyList<Expr>? into = null)
    {
        var (at, value) = Element(place, Build.Lane(first, lanes), sums);
        return _target.Buffer.Store(into is null ? at : [.. into, Build.Lane(first, lanes)], value);
    }

    /// <summary>Whether <see cref="StorePacked"/> can store sums: the result is bytes that are kept in range.</summary>
    public bool Packs => _narrow is not null && !HasFunctions;

    /// <summary>Stores up to four vectors of sums, of as many lanes each, that follow one another from column <paramref name="first"/> on.</summary>
    public Stmt StorePacked(IReadOnlyList<Expr> place, Expr first, IReadOnlyList<Expr> sums, IReadOnlyList<Expr>? into = null)
    {
        int lanes = sums[0].Lanes;
        var wide = sums.Select((sum, i) => Element(_narrow!.Wide, place, Build.Lane(first + (i * lanes), lanes), sum, _inliner).Value);
        return draft.Let(wide, v =>
        {
            Expr Vector(int i) => v[i % v.Length];
            var packed = new Pack(_narrow!.To, Vector(0), Vector(1), Vector(2), Vector(3));
            var order = Enumerable.Range(0, sums.Count * lanes).Select(j => (((j % lanes / Pack.Block * Pack.Vectors) + (j / lanes)) * Pack.Block) + (j % Pack.Block));
            return StoreBytes(place, first, new Shuffle(packed, packed, order.ToEquatableArray()), into);
        });
    }

    /// <summary>Whether <see cref="StoreReordered"/> can store sums: all that is read beside them are constants for each column.</summary>
    public bool Reorders => Packs && _narrow!.ReadsColumnsOnly;

    /// <summary>
    /// Stores a vector of sums, or four that are in the order that <see cref="Pack"/> brings into that of the columns. What a column needs is read from number
    /// <paramref name="at"/> of <paramref name="order"/> on, the columns as the sums have them. <paramref name="first"/> is the whole index of the first in the result.
    /// </summary>
    public Stmt StoreReordered(IReadOnlyList<Expr> place, IReadOnlyList<Expr> first, IReadOnlyList<Expr> sums, Expr at, long[] order)
    {
        _reordered ??= new(draft, materialized, constant => draft.Parameter(Reordered(constant.Constant!, order)));
        int lanes = sums[0].Lanes;
        if (sums.Count == 1)
        {
            var bytes = Element(group.Inner, place, Build.Lane(at, lanes), sums[0], _reordered).Value;
            return _target.Store([.. first.SkipLast(1), Build.Lane(first[^1], lanes)], bytes);
        }
        var wide = sums.Select((sum, i) => Element(_narrow!.Wide, place, Build.Lane(at + (i * lanes), lanes), sum, _reordered).Value);
        return draft.Let(wide, v => StoreBytes([.. first.SkipLast(1)], first[^1], new Pack(_narrow!.To, v[0], v[1], v[2], v[3]), null));
    }

    /// <summary>Columns' numbers in another order, the same tensor for the same constant.</summary>
    private Tensor Reordered(Tensor numbers, long[] order)
    {
        if (_orders.TryGetValue(numbers, out var known))
            return known;
        long size = numbers.Type.Size;
        var result = Tensor.Zeros(numbers.Type, Shape.Of([.. Enumerable.Repeat(1L, numbers.Shape.Rank - 1), order.Length]));
        for (int i = 0; i < order.Length; i++)
            numbers.Bytes.Span.Slice((int)(order[i] * size), (int)size).CopyTo(result.Bytes.Span[(int)(i * size)..]);
        return _orders[numbers] = result;
    }

    private Stmt StoreBytes(IReadOnlyList<Expr> place, Expr first, Expr bytes, IReadOnlyList<Expr>? into)
    {
        var (low, high) = _narrow!.To == DType.UInt8 ? (byte.MinValue, byte.MaxValue) : ((int)sbyte.MinValue, (int)sbyte.MaxValue);
        if (_narrow.Low > low)
            bytes = Build.Max(bytes, Build.Int(_narrow.Low, bytes.Element));
        if (_narrow.High < high)
            bytes = Build.Min(bytes, Build.Int(_narrow.High, bytes.Element));
        var columns = Build.Lane(first, bytes.Lanes);
        return into is null ? _target.Store([.. place, columns], bytes) : _target.Buffer.Store([.. into, columns], bytes);
    }

    /// <summary>
    /// Stores consecutive places of several columns whose elements follow one another in the result, one of each in turn: a group of <see cref="Weaves"/>.
    /// <paramref name="place"/> ends with the first place.
    /// </summary>
    public Stmt StoreWoven(IReadOnlyList<Expr> place, IReadOnlyList<int> columns, int lanes, Func<int, Expr> sums)
    {
        Expr[] lane = [.. place.SkipLast(1), Build.Lane(place[^1], lanes)];
        var values = columns.Select(c => Build.ToLanes(Element(lane, c, sums(c)).Value, lanes)).ToArray();
        var first = Element(place, columns[0], sums(columns[0])).At;
        return Shuffling.Interleave(draft, values, woven => Stmt.Sequence(woven.Select((vector, k) =>
            _target.Buffer.Store([.. first.SkipLast(1), Build.Lane(first[^1] + (k * lanes), lanes)], vector))));
    }

    /// <summary>Columns of which each place's elements follow one another in a row of the result, as those of a pixel shuffle do; others alone.</summary>
    public IEnumerable<IReadOnlyList<int>> Weaves(int rank, IEnumerable<int> columns)
    {
        var place = Enumerable.Range(0, rank - 1).Select(i => new Var($"p{i}")).ToArray();
        var (x, zero) = (place[^1], new Dictionary<Var, Expr> { [place[^1]] = 0 });
        var groups = columns.Select(c => (Column: c, At: Place([.. place, c]))).GroupBy(c =>
        {
            bool apart = Affine.Stride(c.At[^1], x) is > 1 and <= MostWoven && !c.At.SkipLast(1).Any(i => i.Uses(x)) && c.At[^1].Substitute(zero) is IntConst;
            return apart ? c.At.SkipLast(1).ToEquatableArray() : [c.Column];
        });
        foreach (var found in groups)
        {
            var sorted = found.Select(c => (c.Column, Offset: (c.At[^1].Substitute(zero) as IntConst)?.Value)).OrderBy(c => c.Offset).ToList();
            bool weave = sorted.Count > 1 && sorted.Count == Affine.Stride(found.First().At[^1], x)
                && sorted.Select((c, i) => c.Offset == sorted[0].Offset + i).All(follows => follows);
            if (weave)
                yield return [.. sorted.Select(c => c.Column)];
            else
                foreach (var (column, _) in sorted)
                    yield return [column];
        }
    }

    /// <summary>Vectors that are woven at a time: as many take part in each shuffle's chain.</summary>
    private const long MostWoven = 8;

    /// <summary>Where the elements at an index of the anchor's result are stored, and what.</summary>
    private (Expr[] At, Expr Value) Element(IReadOnlyList<Expr> place, Expr column, Expr sums) => Element(group.Inner, place, column, sums, _inliner);

    private (Expr[] At, Expr Value) Element(Value of, IReadOnlyList<Expr> place, Expr column, Expr sums, Inliner inliner)
    {
        var sum = new Var("sum", new ExprType(sums.Element));
        var vectors = new Dictionary<Var, Expr> { [sum] = sums };
        Expr Scalar(Expr index, string stem)
        {
            var variable = draft.Variable(stem);
            vectors.Add(variable, index);
            return variable;
        }
        // Vectors that the moves keep whole are where the moves bring their first elements.
        bool whole = column is Ramp && KeepsWhole(column.Lanes);
        Expr last = whole ? ((Ramp)column).Base : column.Lanes > 1 || !Moves ? Scalar(column, "col") : column;
        Expr[] at = [.. place.Select(e => e.Lanes > 1 ? Scalar(e, "at") : e), last];
        Expr[] Index() => whole ? [.. at.SkipLast(1), Scalar(Build.Lane(at[^1], column.Lanes), "col")] : at;
        var (anchor, value) = (Summed, (Expr)sum);
        foreach (var move in group.Moves)
        {
            value = inliner.Element(move.Inputs[0], Index(), anchor, value);
            at = Moved(move, at);
            anchor = move.Output;
        }
        var index = Index();
        value = inliner.Element(of, index, anchor, value).Substitute(vectors);
        return ([.. _target.At(index).Select(e => e.Substitute(vectors))], value);
    }

    /// <summary>The sum of a contraction of bytes with a constant for each column, where that is all that reads the contraction's result.</summary>
    private static Node? BiasedBy(Group group, IReadOnlySet<Value> materialized)
    {
        if (group.Anchor is not { Op: Conv { Sum: not null } or MatMul { Sum: not null } } anchor || group.Moves.Count > 0 || materialized.Contains(anchor.Output))
            return null;
        var add = GroupNodes.Of(group, materialized).FirstOrDefault(n => n.Inputs.Contains(anchor.Output));
        if (add?.Op is not Add || add.Inputs.FirstOrDefault(i => i.Constant is not null) is not { } bias)
            return null;
        bool isVector = bias.Shape.ElementCount == 1 || (bias.Shape[^1] == anchor.Output.Shape[^1] && bias.Shape.ElementCount == bias.Shape[^1].Value);
        return isVector && add.Output.Shape == anchor.Output.Shape && bias.Element == DType.Int32 ? add : null;
    }

    /// <summary>Whether so many neighbouring columns, the first of them a multiple of that, are neighbours wherever moves bring them.</summary>
    private bool KeepsWhole(int lanes) => group.Moves.Any(m => m.Op is Reshape) && group.Moves.All(m =>
        (m.Op is not Transpose op || OperandOrder.KeepsLast(op)) && m.Inputs[0].Shape[^1].Value % lanes == 0 && m.Output.Shape[^1].Value % lanes == 0);

    /// <summary>Where an element of the anchor's result is stored.</summary>
    private Expr[] Place(Expr[] at) => _target.At(group.Moves.Aggregate(at, (index, move) => Moved(move, index)));

    /// <summary>The index that a move brings an element to: the one at which the reverse move reads its result.</summary>
    private static Expr[] Moved(Node move, Expr[] at)
    {
        var from = move.Inputs[0];
        PrimitiveOp reverse = move.Op is Transpose transpose
            ? new Transpose(Enumerable.Range(0, at.Length).Select(axis => transpose.Permutation.AsSpan().IndexOf(axis)).ToEquatableArray())
            : new Reshape(from.Shape);
        var moved = new Buffer("@moved", move.Output.Element, move.Output.Shape.ToArray());
        return [.. ((Load)reverse.Define([moved], from.Type, at)).Indices];
    }

    /// <summary>
    /// Asks for what <see cref="Store"/> will read and write at a place, from column <paramref name="first"/> on, if that is too much in all to
    /// be waiting in the second-level cache.
    /// </summary>
    public Stmt Prefetch(IReadOnlyList<Expr> place, Expr first, long columns)
    {
        if (_target.Buffer.Bytes * PrefetchShare < machine.L2Bytes)
            return Stmt.Sequence();
        var column = draft.Variable("col");
        var sum = new Var("sum", new ExprType(group.Anchor!.Output.Element));
        var (at, value) = Element(place, column, sum);
        var reads = value.Descendants().OfType<Load>()
            .Where(l => l.Buffer.ElementCount == group.Inner.Shape.ElementCount)
            .Select(l => (l.Buffer, l.Indices)).Append((Buffer: _target.Buffer, Indices: at.ToEquatableArray()));
        return Stmt.Sequence(
            from read in reads
            from start in Enumerable.Range(0, (int)columns).Where(c => c % Math.Max(1, machine.LineBytes / read.Buffer.Element.Size) == 0)
            select new Prefetch(read.Buffer, read.Indices.Select(i => i.Substitute(new Dictionary<Var, Expr> { [column] = first + start })).ToEquatableArray()));
    }

    /// <summary>The whole kernel: zeros around the result where it is stored padded, then the body.</summary>
    public LoweredKernel Finish(Stmt body) => draft.Finish(Labels.Of(group, materialized), _target.InHalo(body));
}
