using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>Weights of a 3x3 convolution transformed for F(m x n, 3x3): G g Gᵀ, with a matrix for each axis, computed in double.</summary>
internal static class WinogradWeights
{
    private static readonly double[][] AsTheyAre = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

    /// <summary>
    /// Channels-last weights [3, 3, I, O], packed as the kernel reads them: [panels, products, I, panel columns]. Missing columns of the last panel are
    /// zero.
    /// </summary>
    public static Tensor Pack(Tensor weights, WinogradTransform vertical, WinogradTransform horizontal, long inputs, long outputs, long panelColumns)
    {
        var packed = Tensor.Zeros(DType.Float32, Shape.Of(ContractionConfig.DivideUp(outputs, panelColumns), vertical.Size * horizontal.Size, inputs, panelColumns));
        Transform(weights, vertical.Weights, horizontal.Weights, inputs, outputs, panelColumns, packed, inputs * panelColumns, panelColumns);
        return packed;
    }

    /// <summary>
    /// The same transformed along columns only, G g: [panels, rows of G, I, 3 x panel columns], so that all that the kernel needs at a time of some
    /// channels and a row of G follows one another.
    /// </summary>
    public static Tensor PackDown(Tensor weights, WinogradTransform vertical, long inputs, long outputs, long panelColumns)
    {
        long step = WinogradTransform.Taps * panelColumns;
        var packed = Tensor.Zeros(DType.Float32, Shape.Of(ContractionConfig.DivideUp(outputs, panelColumns), vertical.Size, inputs, step));
        Transform(weights, vertical.Weights, AsTheyAre, inputs, outputs, panelColumns, packed, panelColumns, step);
        return packed;
    }

    /// <param name="productStride">From a column of the transformed weights to the next, in elements of <paramref name="packed"/>.</param>
    /// <param name="inputStride">From an input channel to the next.</param>
    private static void Transform(
        Tensor weights, double[][] down, double[][] across, long inputs, long outputs, long panelColumns, Tensor packed, long productStride, long inputStride)
    {
        const int taps = WinogradTransform.Taps;
        long rowStride = inputs * across.Length * panelColumns, panelStride = down.Length * rowStride;
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
                        for (int kh = 0; kh < taps; kh++)
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
                        u[(int)(at + (a * rowStride) + (b * productStride))] = (float)sum;
                    }
                }
            }
        });
    }
}
