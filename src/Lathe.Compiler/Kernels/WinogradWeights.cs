using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>Weights of a 3x3 convolution transformed for F(m x n, 3x3): G g Gᵀ, with a matrix for each axis.</summary>
internal static class WinogradWeights
{
    /// <summary>
    /// Channels-last weights [3, 3, I, O], packed as the kernel reads them: [panels, products, I, panel columns]. Computed in double;
    /// missing columns of the last panel are zero.
    /// </summary>
    public static Tensor Pack(Tensor weights, WinogradTransform vertical, WinogradTransform horizontal, long inputs, long outputs, long panelColumns)
    {
        const int taps = WinogradTransform.Taps;
        int products = vertical.Size * horizontal.Size;
        long panels = ContractionConfig.DivideUp(outputs, panelColumns);
        var packed = Tensor.Zeros(DType.Float32, Shape.Of(panels, products, inputs, panelColumns));
        var source = weights.Bytes;
        var target = packed.Bytes;
        Parallel.For(0, inputs, i =>
        {
            var g = MemoryMarshal.Cast<byte, float>(source.Span);
            var u = MemoryMarshal.Cast<byte, float>(target.Span);
            Span<double> half = stackalloc double[vertical.Size * taps];
            for (long o = 0; o < outputs; o++)
            {
                for (int a = 0; a < vertical.Size; a++)
                {
                    for (int kw = 0; kw < taps; kw++)
                    {
                        double sum = 0;
                        for (int kh = 0; kh < taps; kh++)
                            sum += vertical.Weights[a][kh] * g[(int)(((((kh * taps) + kw) * inputs) + i) * outputs + o)];
                        half[(a * taps) + kw] = sum;
                    }
                }
                long at = (((o / panelColumns) * products * inputs) + i) * panelColumns + (o % panelColumns);
                for (int a = 0; a < vertical.Size; a++)
                {
                    for (int b = 0; b < horizontal.Size; b++)
                    {
                        double sum = 0;
                        for (int kw = 0; kw < taps; kw++)
                            sum += half[(a * taps) + kw] * horizontal.Weights[b][kw];
                        u[(int)(at + (((a * horizontal.Size) + b) * inputs * panelColumns))] = (float)sum;
                    }
                }
            }
        });
        return packed;
    }
}
