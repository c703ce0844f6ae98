using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>The block of memory that holds a model's weights at the byte offsets which its code knows.</summary>
public sealed unsafe class ParameterMemory : IDisposable
{
    private IDisposable? _owner;

    private ParameterMemory(nint address, long bytes, IDisposable owner) => (Address, Bytes, _owner) = (address, bytes, owner);

    /// <summary>64-byte aligned.</summary>
    public nint Address { get; }

    public long Bytes { get; }

    /// <summary>Copies tensors to their byte offsets in a block of <paramref name="bytes"/>; the rest is zeros.</summary>
    public static ParameterMemory Of(IEnumerable<(long Offset, Tensor Tensor)> tensors, long bytes)
    {
        var block = new AlignedBlock(bytes);
        long end = 0;
        foreach (var (offset, tensor) in tensors.OrderBy(t => t.Offset))
        {
            if (offset < end || tensor.Bytes.Length > bytes - offset)
                throw new InternalException("LATHE6001", $"a parameter of {tensor.Bytes.Length} bytes at {offset} does not fit between {end} and {bytes}");
            Clear(block.Address + (nint)end, offset - end);
            tensor.Bytes.Span.CopyTo(new Span<byte>((void*)(block.Address + (nint)offset), tensor.Bytes.Length));
            end = offset + tensor.Bytes.Length;
        }
        Clear(block.Address + (nint)end, bytes - end);
        return new ParameterMemory(block.Address, bytes, block);
    }

    /// <summary>Uses part of a mapped file in place; this object owns the mapping from now on.</summary>
    internal static ParameterMemory Mapped(MappedFile file, long offset, long bytes)
    {
        if (!file.Contains(offset, bytes))
            throw new ModelException("LATHE6014", $"'{file.Path}': its parameters do not lie within the file");
        using var pin = file.Memory(offset, bytes > 0 ? 1 : 0).Pin();
        nint address = (nint)pin.Pointer;
        if (address % 64 != 0)
            throw new ModelException("LATHE6014", $"'{file.Path}': its parameters are not aligned to 64 bytes");
        return new ParameterMemory(address, bytes, file);
    }

    public void Dispose()
    {
        _owner?.Dispose();
        _owner = null;
    }

    private static void Clear(nint address, long bytes) =>
        System.Runtime.InteropServices.NativeMemory.Clear((void*)address, (nuint)bytes);
}
