using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A few rows of sums by a few vectors of columns, kept in registers: a target promotes the buffer because all its indices
/// are constants.
/// </summary>
/// <param name="multiplyAdd">The sum with the product of a datum and weights; that of the element type without it.</param>
internal sealed class RegisterTile(
    KernelDraft draft, DType element, int rows, IReadOnlyList<(long Start, int Lanes)> vectors, long columns, Func<Expr, Expr, Expr, Expr>? multiplyAdd = null)
{
    /// <summary>Narrower vectors are no faster than this.</summary>
    private const int MinLanes = 4;

    public Buffer Sums { get; } = draft.Local(element, rows, columns);

    public Stmt Zero() => ForAll((r, v) => Sums.Store(Place(r, v), Build.Const(0, element)));

    /// <summary>Begins the sums of all rows with a vector's numbers.</summary>
    public Stmt Begin(Func<(long Start, int Lanes), Expr> numbers) => draft.Let(
        vectors.Select(v => Build.ToLanes(numbers(v), v.Lanes)),
        first => Stmt.Sequence(Enumerable.Range(0, rows).SelectMany(r => vectors.Select((v, i) => Sums.Store(Place(r, v), first[i])))));

    /// <summary>One step of the reduction: adds the product of a datum of each row and a vector of weights.</summary>
    public Stmt Step(Func<(long Start, int Lanes), Expr> weights, Func<int, Expr> data) => Step(weights, data, 0, rows);

    /// <summary>The same for so many rows of sums from the first of them on.</summary>
    public Stmt Step(Func<(long Start, int Lanes), Expr> weights, Func<int, Expr> data, int first, int count) =>
        draft.Let(vectors.Select(weights), w => Stmt.Sequence(
            Enumerable.Range(0, count).Select(r => draft.Let([data(r)], x => Stmt.Sequence(
                vectors.Select((v, i) => Sums.Store(Place(first + r, v), MultiplyAdd(x[0], w[i], Sums[Place(first + r, v)]))))))));

    /// <summary>Does something for each row and vector; the code is written out.</summary>
    public Stmt ForAll(Func<int, (long Start, int Lanes), Stmt> body) =>
        Stmt.Sequence(Enumerable.Range(0, rows).SelectMany(r => vectors.Select(v => body(r, v))));

    /// <summary>Adds to sums that wait in a buffer: takes them from there, and puts them back after <paramref name="turns"/>.</summary>
    public Stmt AddTo(Buffer waiting, Func<int, (long Start, int Lanes), Expr[]> place, Stmt turns) => new Allocate(Sums, Stmt.Sequence(
        ForAll((r, v) => Sums.Store(Place(r, v), waiting[place(r, v)])),
        turns,
        ForAll((r, v) => waiting.Store(place(r, v), Sums[Place(r, v)]))));

    /// <summary>Whole vectors that cover so many columns; the last may reach beyond them.</summary>
    public static (long Start, int Lanes)[] WholeVectors(long columns, int lanes) =>
        [.. Enumerable.Range(0, (int)ContractionConfig.DivideUp(columns, lanes)).Select(v => ((long)v * lanes, lanes))];

    /// <summary>Vectors that cover so many columns: whole ones, and the narrowest that takes what is left. It may reach beyond them.</summary>
    public static (long Start, int Lanes)[] Covering(long columns, int lanes)
    {
        var vectors = WholeVectors(columns, lanes);
        int last = lanes;
        while (last / 2 >= Math.Max(MinLanes, columns - vectors[^1].Start))
            last /= 2;
        vectors[^1].Lanes = Math.Min(last, lanes);
        return vectors;
    }

    public static Expr[] Place(Expr row, (long Start, int Lanes) vector) => [row, Build.Lane(vector.Start, vector.Lanes)];

    private Expr MultiplyAdd(Expr x, Expr w, Expr sum) => multiplyAdd is not null ? multiplyAdd(x, w, sum) : element.IsFloat ? Build.Fma(x, w, sum) : (x * w) + sum;
}
