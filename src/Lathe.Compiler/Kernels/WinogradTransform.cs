using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The transforms of F(4x4, 3x3), which makes 4x4 outputs of a 3x3 convolution from 6x6 data by 36 products for each pair of
/// channels instead of 144: output = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A. Matrices from Lavin and Gray, "Fast Algorithms for
/// Convolutional Neural Networks" (2016), for the points 0, ±1, ±2 and infinity.
/// </summary>
internal static class WinogradTransform
{
    /// <summary>Outputs along an axis of a tile.</summary>
    public const int Outputs = 4;

    /// <summary>Data elements along an axis of a tile.</summary>
    public const int Size = 6;

    /// <summary>Products of a tile.</summary>
    public const int Products = Size * Size;

    /// <summary>Bᵀ.</summary>
    public static double[][] Data { get; } =
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ];

    /// <summary>Aᵀ.</summary>
    public static double[][] Output { get; } =
    [
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ];

    private static readonly double[][] Weights =
    [
        [1.0 / 4, 0, 0],
        [-1.0 / 6, -1.0 / 6, -1.0 / 6],
        [-1.0 / 6, 1.0 / 6, -1.0 / 6],
        [1.0 / 24, 1.0 / 12, 1.0 / 6],
        [1.0 / 24, -1.0 / 12, 1.0 / 6],
        [0, 0, 1],
    ];

    /// <summary>A matrix times a vector of expressions; each row is a sum of few terms.</summary>
    public static IEnumerable<Expr> Times(double[][] matrix, IReadOnlyList<Expr> vector) => matrix.Select(row =>
    {
        Expr? sum = null;
        // Terms with a factor of 1 first: the others are fused multiply-adds onto them.
        foreach (var (factor, x) in row.Zip(vector).Where(t => t.First != 0).OrderBy(t => Math.Abs(t.First)))
        {
            sum = (sum, factor) switch
            {
                (null, 1) => x,
                (null, _) => x * Build.Const(factor, x.Element),
                (_, 1) => sum + x,
                (_, -1) => sum - x,
                _ => Build.Fma(x, Build.Const(factor, x.Element), sum),
            };
        }
        return sum!;
    });

    /// <summary>
    /// G g Gᵀ of channels-last weights [3, 3, I, O], packed as the kernel reads them: [panels, 36, I, panel columns]. Computed in
    /// double; missing columns of the last panel are zero.
    /// </summary>
    public static Tensor Pack(Tensor weights, long inputs, long outputs, long panelColumns)
    {
        long panels = ContractionConfig.DivideUp(outputs, panelColumns);
        var packed = Tensor.Zeros(DType.Float32, Shape.Of(panels, Products, inputs, panelColumns));
        var target = packed.Bytes;
        var source = weights.Bytes;
        Parallel.For(0, inputs, i =>
        {
            var g = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(source.Span);
            var u = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(target.Span);
            Span<double> half = stackalloc double[Size * 3];
            for (long o = 0; o < outputs; o++)
            {
                for (int a = 0; a < Size; a++)
                {
                    for (int kw = 0; kw < 3; kw++)
                    {
                        double sum = 0;
                        for (int kh = 0; kh < 3; kh++)
                            sum += Weights[a][kh] * g[(int)(((((kh * 3) + kw) * inputs) + i) * outputs + o)];
                        half[(a * 3) + kw] = sum;
                    }
                }
                long at = (((o / panelColumns) * Products * inputs) + i) * panelColumns + (o % panelColumns);
                for (int a = 0; a < Size; a++)
                {
                    for (int b = 0; b < Size; b++)
                    {
                        double sum = 0;
                        for (int kw = 0; kw < 3; kw++)
                            sum += half[(a * 3) + kw] * Weights[b][kw];
                        u[(int)(at + (((a * Size) + b) * inputs * panelColumns))] = (float)sum;
                    }
                }
            }
        });
        return packed;
    }
}
