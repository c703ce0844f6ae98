namespace Lathe.Compilation.Kernels;

/// <summary>
/// The transforms of F(m, 3) along one axis: m outputs of a correlation with three weights, from m + 2 data by m + 2 products instead of 3 m:
/// output = Aᵀ [(G g) ∘ (Bᵀ d)]. They follow from Toom and Cook's multiplication of polynomials at m + 1 points and infinity,
/// transposed (Winograd, "Arithmetic Complexity of Computations", 1980): a point's row of G evaluates the weights' polynomial there, its
/// column of Aᵀ holds powers of the point, and its row of Bᵀ holds the coefficients of the product of (x - p) over the other points.
/// </summary>
internal sealed class WinogradTransform
{
    public const int Taps = 3;

    public const int MinOutputs = 2, MaxOutputs = 6;

    /// <summary>In the order in which they are taken: small numbers of few bits and their opposites, so that sums round least.</summary>
    private static readonly Rational[] Points = [0, 1, -1, 2, -2, new(1, 2), new(-1, 2)];

    private static readonly WinogradTransform?[] Known = new WinogradTransform?[MaxOutputs + 1];

    private WinogradTransform(int outputs)
    {
        Outputs = outputs;
        var points = Points[..(outputs + 1)];
        var polynomials = points.Select((_, j) => Product(points.Where((_, l) => l != j))).Append(Product(points)).ToArray();
        ExactData = [.. polynomials.Select(p => Padded(p, Size))];
        ExactWeights =
        [
            .. points.Select((p, j) => Powers(p, Taps).Select(x => x / points.Where((_, l) => l != j).Aggregate((Rational)1, (n, q) => n * (p - q))).ToArray()),
            Padded([0, 0, 1], Taps),
        ];
        ExactOutput = [.. Enumerable.Range(0, outputs).Select(i => points.Select(p => Powers(p, outputs)[i]).Append(i == outputs - 1 ? 1 : 0).ToArray())];
        (Data, Weights, Output) = (Rounded(ExactData), Rounded(ExactWeights), Rounded(ExactOutput));
        (DataOperations, WeightOperations, OutputOperations) = (LinearMap.Operations(Data), LinearMap.Operations(Weights), LinearMap.Operations(Output));
    }

    /// <summary>Outputs of a tile: m.</summary>
    public int Outputs { get; }

    /// <summary>Data elements, and products, of a tile.</summary>
    public int Size => Outputs + Taps - 1;

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

    /// <summary>F(outputs, 3) for <see cref="MinOutputs"/> to <see cref="MaxOutputs"/> outputs.</summary>
    public static WinogradTransform Of(int outputs) => Known[outputs] ??= new(outputs);

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
