using System.Buffers;
using Lathe.Loops.Passes;
using Lathe.Tensors;

namespace Lathe.Loops.Managed;

/// <summary>A kernel compiled to a delegate by expression trees. Runs of one kernel may overlap in time.</summary>
public sealed class ManagedKernel
{
    private readonly KernelBody _body;
    private readonly long _localBytes;
    private readonly EquatableArray<Buffer> _parameters;

    private ManagedKernel(Kernel kernel, KernelBody body, long localBytes)
    {
        (Kernel, _body, _localBytes) = (kernel, body, localBytes);
        _parameters = kernel.Parameters.ToEquatableArray();
    }

    public Kernel Kernel { get; }

    /// <summary>
    /// Compiles a kernel, or prepares it for interpretation, which starts sooner and runs slower: for small work that is
    /// done once. With <paramref name="boundsChecked"/> every index is checked against its axis, and a run that leaves a
    /// buffer throws an <see cref="InternalException"/> that names it; Local buffers then start as NaN.
    /// </summary>
    public static ManagedKernel Compile(Kernel kernel, bool interpret = false, bool boundsChecked = false)
    {
        var unrolled = UnrollLoops.Run(kernel with { Body = UnrollLimit.Apply(kernel.Body) });
        var prepared = interpret || boundsChecked ? Scalarize.Run(unrolled) : Scalarize.Run(unrolled, VectorSupport.Handles);
        var (body, localBytes) = FunctionEmitter.Compile(prepared, new CompileOptions(interpret, boundsChecked));
        return new ManagedKernel(kernel, body, localBytes);
    }

    /// <summary>
    /// Runs on the addresses of all buffers, in the order of <see cref="Kernel.Parameters"/>. Without
    /// <paramref name="parallel"/>, parallel loops run one iteration after another.
    /// </summary>
    public unsafe void Run(ReadOnlySpan<nint> buffers, IParallelFor? parallel = null)
    {
        if (buffers.Length != _parameters.Count)
            throw new InternalException("LATHE4313", $"kernel {Kernel.Name} has {_parameters.Count} buffers and was given {buffers.Length}");
        long locals = LocalMemory.Push(_localBytes);
        try
        {
            fixed (nint* addresses = buffers)
                _body((long)addresses, locals, parallel);
        }
        finally
        {
            LocalMemory.Pop();
        }
    }

    /// <summary>
    /// Runs on tensors, in the order of <see cref="Kernel.Parameters"/>; scratch may be left out and is then allocated.
    /// A tensor's element type and count must be the buffer's; its shape may differ.
    /// </summary>
    public unsafe void Run(IReadOnlyList<Tensor> arguments, IParallelFor? parallel = null)
    {
        int scratch = Kernel.Scratch.Count;
        if (arguments.Count != _parameters.Count && arguments.Count != _parameters.Count - scratch)
            throw new InternalException("LATHE4313", $"kernel {Kernel.Name} has {_parameters.Count} buffers and was given {arguments.Count}");
        var pins = new MemoryHandle[_parameters.Count];
        var addresses = new nint[_parameters.Count];
        try
        {
            for (int i = 0; i < addresses.Length; i++)
            {
                pins[i] = i < arguments.Count ? Pin(_parameters[i], arguments[i]) : Scratch(_parameters[i]).Pin();
                addresses[i] = (nint)pins[i].Pointer;
            }
            Run(addresses, parallel);
        }
        finally
        {
            foreach (var pin in pins)
                pin.Dispose();
        }
    }

    private MemoryHandle Pin(Buffer buffer, Tensor tensor) =>
        tensor.Type == buffer.Element && tensor.Count == buffer.ElementCount
            ? tensor.Bytes.Pin()
            : throw new InternalException("LATHE4314", $"kernel {Kernel.Name}: the tensor {tensor} was given for the buffer {buffer}");

    private static Memory<byte> Scratch(Buffer buffer) => new byte[checked((int)buffer.Bytes)];
}
