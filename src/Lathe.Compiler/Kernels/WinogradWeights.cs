using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>Weights of a convolution transformed for F(m x n, r x s): G g Gᵀ, with a matrix for each axis, computed in double.</summary>
internal static class WinogradWeights
{
    /// <summary>
    /// Channels-last weights [r, s, I, O], packed as the kernel reads them: [panels, weights of products, I, panel columns]. Missing columns of the last
    /// panel are zero.
    /// </summary>
    public static Tensor Pack(Tensor weights, WinogradWork work, long panelColumns)
    {
        var (down, across) = (work.Vertical.Weights[..work.Vertical.Weighted], work.Horizontal.Weights[..work.Horizontal.Weighted]);
        var packed = Tensor.Zeros(DType.Float32, Shape.Of(ContractionConfig.DivideUp(work.Columns, panelColumns), work.Weights, work.Inputs, panelColumns));
        Transform(weights, down, across, work, panelColumns, packed, (a, b) => work.WeightAt(a, b) * work.Inputs * panelColumns, panelColumns);
        return packed;
    }

    /// <summary>
    /// The same transformed along columns only, G g: [panels, rows of G, I, s x panel columns], so that all that the kernel needs at a time of some
    /// channels and a row of G follows one another.
    /// </summary>
    public static Tensor PackDown(Tensor weights, WinogradWork work, long panelColumns)
    {
        int taps = work.Horizontal.Taps;
        long step = taps * panelColumns;
        double[][] asTheyAre = [.. Enumerable.Range(0, taps).Select(k => Enumerable.Range(0, taps).Select(l => k == l ? 1.0 : 0).ToArray())];
        var packed = Tensor.Zeros(DType.Float32, Shape.Of(ContractionConfig.DivideUp(work.Columns, panelColumns), work.Vertical.Size, work.Inputs, step));
        Transform(weights, work.Vertical.Weights, asTheyAre, work, panelColumns, packed, (a, b) => (a * work.Inputs * step) + (b * panelColumns), step);
        return packed;
    }

    /// <param name="placeOf">Where the weights of a row and a column of the matrices begin in a panel, in elements of <paramref name="packed"/>.</param>
    /// <param name="inputStride">From an input channel to the next.</param>
    private static void Transform(
        Tensor weights, double[][] down, double[][] across, WinogradWork work, long panelColumns, Tensor packed, Func<int, int, long> placeOf, long inputStride)
    {
        var (tapsDown, taps) = (work.Vertical.Taps, work.Horizontal.Taps);
        var (inputs, outputs) = (work.Inputs, work.Columns);
        long panelStride = down.Length * inputs * across.Length * panelColumns;
        long[] places = [.. Enumerable.Range(0, down.Length * across.Length).Select(k => placeOf(k / across.Length, k % across.Length))];
        var source = weights.Bytes;
        var target = packed.Bytes;
        Parallel.For(0, inputs, i =>
        {
            var g = MemoryMarshal.Cast<byte, float>(source.Span);
            var u = MemoryMarshal.Cast<byte, float>(target.Span);
            Span<double> half = stackalloc double[down.Length * taps];
            for (long o = 0; o < outputs; o++)
            {
                for (int a = 0; a < down.Length; a++)
                {
                    for (int kw = 0; kw < taps; kw++)
                    {
                        double sum = 0;
                        for (int kh = 0; kh < tapsDown; kh++)
                            sum += down[a][kh] * g[(int)(((((kh * taps) + kw) * inputs) + i) * outputs + o)];
                        half[(a * taps) + kw] = sum;
                    }
                }
                long at = (o / panelColumns * panelStride) + (i * inputStride) + (o % panelColumns);
                for (int a = 0; a < down.Length; a++)
                {
                    for (int b = 0; b < across.Length; b++)
                    {
                        double sum = 0;
                        for (int kw = 0; kw < taps; kw++)
                            sum += half[(a * taps) + kw] * across[b][kw];
                        u[(int)(at + places[(a * across.Length) + b])] = (float)sum;
                    }
                }
            }
        });
    }
}
