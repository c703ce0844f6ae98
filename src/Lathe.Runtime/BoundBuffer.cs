using System.Runtime.CompilerServices;
using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>A tensor whose bytes lie at a fixed, 64-byte aligned address for as long as this object lives.</summary>
internal sealed unsafe class BoundBuffer
{
    private const int Alignment = 64;

    public BoundBuffer(BufferSpec spec)
    {
        int bytes = Tensor.ByteCount(spec.Element, spec.TensorShape);
        byte[] block = GC.AllocateArray<byte>(checked(bytes + Alignment), pinned: true);
        nint start = (nint)Unsafe.AsPointer(ref block[0]);
        int skip = (int)(-start & (Alignment - 1));
        (Spec, Address) = (spec, start + skip);
        Tensor = new Tensor(spec.Element, spec.TensorShape, block.AsMemory(skip, bytes));
    }

    public BufferSpec Spec { get; }

    public nint Address { get; }

    public Tensor Tensor { get; }
}
