using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>What an input that nobody gives is filled with.</summary>
internal enum FillMode
{
    Random,
    Ones,
    Zeros,
}

internal static class FillModes
{
    /// <summary>
    /// Random numbers are the same in every run: floats from 0 to 1, bytes from 0 to 127, other integers and bools 0 or 1, which are valid
    /// indices of nearly everything.
    /// </summary>
    public static void Fill(this FillMode mode, Tensor tensor, int seed = 0)
    {
        if (mode == FillMode.Zeros)
        {
            tensor.Bytes.Span.Clear();
            return;
        }
        var random = new Random(seed);
        bool bytes = tensor.Type is DType.Int8 or DType.UInt8;
        for (long i = 0; i < tensor.Count; i++)
        {
            if (mode == FillMode.Ones)
                tensor.SetInt64(i, 1);
            else if (tensor.Type.IsFloat)
                tensor.SetDouble(i, random.NextDouble());
            else
                tensor.SetInt64(i, random.Next(bytes ? 128 : 2));
        }
    }
}
