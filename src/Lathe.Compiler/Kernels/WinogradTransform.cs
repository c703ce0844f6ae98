namespace Lathe.Compilation.Kernels;

/// <summary>
/// The transforms of F(m, r) along one axis: m outputs of a correlation with r weights, from m + r - 1 data by as many products instead of
/// r m: output = Aᵀ [(G g) ∘ (Bᵀ d)]. They follow from Toom and Cook's multiplication of polynomials at m + r - 2 points and infinity,
/// transposed (Winograd, "Arithmetic Complexity of Computations", 1980): a point's row of G evaluates the weights' polynomial there, its
/// column of Aᵀ holds powers of the point, and its row of Bᵀ holds the coefficients of the product of (x - p) over the other points.
/// Every second output of three weights is the sum of a correlation of the even data with two weights, F(m, 2), and of the odd data times the
/// third: 2 m + 1 data by as many products, of which the last m have the same weight.
/// </summary>
internal sealed class WinogradTransform
{
    public const int MinTaps = 2, MostTaps = 5, MinOutputs = 2, MostStride = 2;

    private const int MostOutputs = 6, TapsOfStride = 3;

    /// <summary>In the order in which they are taken: small numbers of few bits and their opposites, so that sums round least.</summary>
    private static readonly Rational[] Points = [0, 1, -1, 2, -2, new(1, 2), new(-1, 2)];

    private static readonly WinogradTransform?[,,] Known = new WinogradTransform?[MostTaps + 1, MostStride + 1, MostOutputs + 1];

    private WinogradTransform(int outputs, int taps, int stride)
    {
        (Outputs, Taps, Stride) = (outputs, taps, stride);
        var (data, weights, output) = stride == 1 ? ToomCook(outputs, taps) : Halves(outputs);
        (ExactData, ExactWeights, ExactOutput) = (data, weights, output);
        Weighted = stride == 1 ? Size : outputs + 2;
        (Data, Weights, Output) = (Rounded(ExactData), Rounded(ExactWeights), Rounded(ExactOutput));
        (DataOperations, WeightOperations, OutputOperations) = (LinearMap.Operations(Data), LinearMap.Operations(Weights), LinearMap.Operations(Output));
    }

    /// <summary>Outputs of a tile: m.</summary>
    public int Outputs { get; }

    /// <summary>Weights of an output: r.</summary>
    public int Taps { get; }

    /// <summary>Data elements from what an output reads to what the next one reads.</summary>
    public int Stride { get; }

    /// <summary>Data elements, and products, of a tile.</summary>
    public int Size => ((Outputs - 1) * Stride) + Taps;

    /// <summary>Products with weights of their own; those after them have the weights of the last of these.</summary>
    public int Weighted { get; }

    /// <summary>Bᵀ.</summary>
    public double[][] Data { get; }

    /// <summary>G.</summary>
    public double[][] Weights { get; }

    /// <summary>Aᵀ.</summary>
    public double[][] Output { get; }

    /// <summary>Vector operations of a product with Bᵀ.</summary>
    public int DataOperations { get; }

    /// <summary>Vector operations of a product with G.</summary>
    public int WeightOperations { get; }

    /// <summary>Vector operations of a product with Aᵀ.</summary>
    public int OutputOperations { get; }

    public Rational[][] ExactData { get; }

    public Rational[][] ExactWeights { get; }

    public Rational[][] ExactOutput { get; }

    /// <summary>Whether there are transforms for so many weights.</summary>
    public static bool Takes(long taps, long stride) => taps is >= MinTaps and <= MostTaps && (stride == 1 || (stride == MostStride && taps == TapsOfStride));

    /// <summary>More would need points of more bits; with stride 2, transforms would take what fewer products save.</summary>
    public static int MaxOutputs(int taps, int stride) => stride == 1 ? Math.Min(MostOutputs, Points.Length + 2 - taps) : 2;

    /// <summary>The transforms for <see cref="MinOutputs"/> to <see cref="MaxOutputs"/> outputs.</summary>
    public static WinogradTransform Of(int outputs, int taps, int stride = 1) => Known[taps, stride, outputs] ??= new(outputs, taps, stride);

    /// <summary>Bᵀ, G and Aᵀ of F(outputs, taps).</summary>
    private static (Rational[][] Data, Rational[][] Weights, Rational[][] Output) ToomCook(int outputs, int taps)
    {
        var points = Points[..(outputs + taps - 2)];
        var polynomials = points.Select((_, j) => Product(points.Where((_, l) => l != j))).Append(Product(points));
        return (
            [.. polynomials.Select(p => Padded(p, outputs + taps - 1))],
            [
                .. points.Select((p, j) => Powers(p, taps).Select(x => x / points.Where((_, l) => l != j).Aggregate((Rational)1, (n, q) => n * (p - q))).ToArray()),
                [.. Enumerable.Range(0, taps).Select(k => (Rational)(k == taps - 1 ? 1 : 0))],
            ],
            [.. Enumerable.Range(0, outputs).Select(i => points.Select(p => Powers(p, outputs)[i]).Append(i == outputs - 1 ? 1 : 0).ToArray())]);
    }

    /// <summary>The same for every second output: even data with the outer weights, then odd data with the one between.</summary>
    private static (Rational[][] Data, Rational[][] Weights, Rational[][] Output) Halves(int outputs)
    {
        var even = ToomCook(outputs, taps: 2);
        static Rational[] Unit(int length, int at) => [.. Enumerable.Range(0, length).Select(k => (Rational)(k == at ? 1 : 0))];
        var places = Enumerable.Range(0, outputs);
        return (
            [
                .. even.Data.Select(row => row.SelectMany((x, k) => k == 0 ? new[] { x } : [0, x]).ToArray()),
                .. places.Select(i => Unit((2 * outputs) + 1, (2 * i) + 1)),
            ],
            [.. even.Weights.Select(row => new[] { row[0], 0, row[1] }), .. places.Select(_ => Unit(TapsOfStride, 1))],
            [.. places.Select(i => even.Output[i].Concat(Unit(outputs, i)).ToArray())]);
    }

    /// <summary>The coefficients of the product of (x - p), lowest power first.</summary>
    private static Rational[] Product(IEnumerable<Rational> roots) => roots.Aggregate(new Rational[] { 1 }, (polynomial, p) =>
        [.. Enumerable.Range(0, polynomial.Length + 1).Select(k => (k > 0 ? polynomial[k - 1] : 0) - (k < polynomial.Length ? p * polynomial[k] : 0))]);

    private static Rational[] Powers(Rational x, int count)
    {
        var powers = new Rational[count];
        for (int i = 0; i < count; i++)
            powers[i] = i == 0 ? 1 : powers[i - 1] * x;
        return powers;
    }

    private static Rational[] Padded(Rational[] row, int length) => [.. row, .. Enumerable.Repeat((Rational)0, length - row.Length)];

    private static double[][] Rounded(Rational[][] matrix) => [.. matrix.Select(row => row.Select(x => (double)x).ToArray())];
}
