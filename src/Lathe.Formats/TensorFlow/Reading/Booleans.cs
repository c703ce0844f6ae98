using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Bools as files hold them: any byte but 0 is true, and tensors of ours hold 1 for it.</summary>
internal static class Booleans
{
    public static Tensor Normalized(Tensor tensor) => tensor.Type == DType.Bool && tensor.Bytes.Span.IndexOfAnyExceptInRange<byte>(0, 1) >= 0
        ? new(tensor.Type, tensor.Shape, tensor.Bytes.ToArray().Select(b => b != 0 ? (byte)1 : (byte)0).ToArray())
        : tensor;
}
