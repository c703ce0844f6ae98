namespace Lathe.Targets.Llvm;

/// <summary>
/// Objects made for this machine, linked into this process. Addresses stay valid until disposal; memcpy and memset come
/// from the process.
/// </summary>
public sealed unsafe class JitModule : IDisposable
{
    private nint _jit;

    public JitModule(IEnumerable<byte[]> objects)
    {
        LlvmLibrary.Require();
        Check(LibLlvm.LLVMOrcCreateLLJIT(out _jit, 0));
        try
        {
            nint session = LibLlvm.LLVMOrcLLJITGetExecutionSession(_jit);
            LibLlvm.LLVMOrcExecutionSessionSetErrorReporter(session, &LibLlvm.DropError, 0);
            nint library = LibLlvm.LLVMOrcLLJITGetMainJITDylib(_jit);
            Check(LibLlvm.LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
                out nint generator, LibLlvm.LLVMOrcLLJITGetGlobalPrefix(_jit), 0, 0));
            LibLlvm.LLVMOrcJITDylibAddGenerator(library, generator);
            foreach (byte[] bytes in objects)
            {
                fixed (byte* data = bytes)
                {
                    nint buffer = LibLlvm.LLVMCreateMemoryBufferWithMemoryRangeCopy(data, (nuint)bytes.Length, "object");
                    Check(LibLlvm.LLVMOrcLLJITAddObjectFile(_jit, library, buffer));
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The address of an exported function. Throws an <see cref="InternalException"/> when there is none.</summary>
    public nint Address(string symbol)
    {
        ObjectDisposedException.ThrowIf(_jit == 0, this);
        Check(LibLlvm.LLVMOrcLLJITLookup(_jit, out ulong address, symbol));
        return checked((nint)address);
    }

    public void Dispose()
    {
        if (_jit != 0)
            LibLlvm.TakeError(LibLlvm.LLVMOrcDisposeLLJIT(_jit));
        _jit = 0;
    }

    private static void Check(nint error)
    {
        if (LibLlvm.TakeError(error) is { } message)
            throw new InternalException("LATHE4207", $"LLVM's JIT: {message}");
    }
}
