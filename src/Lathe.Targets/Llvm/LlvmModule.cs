using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Lathe.Targets.Llvm;

/// <summary>A module in a context and target machine of its own, so that several can be compiled at once.</summary>
internal sealed unsafe class LlvmModule : IDisposable
{
    /// <summary>The code of an error that LLVM reported about the code at hand.</summary>
    public const string Reported = "LATHE4206";

    private readonly nint _context;
    private readonly nint _machine;
    private readonly StringBuilder _errors = new();
    private GCHandle _self;
    private nint _module;

    /// <summary>Parses and verifies IR text. What libLLVM refuses is a bug of the printer, hence an <see cref="InternalException"/>.</summary>
    public LlvmModule(string ir, string triple, string cpu, string features)
    {
        LlvmLibrary.Require();
        _self = GCHandle.Alloc(this);
        _context = LibLlvm.LLVMContextCreate();
        try
        {
            LibLlvm.LLVMContextSetDiagnosticHandler(_context, &OnDiagnostic, GCHandle.ToIntPtr(_self));
            _machine = CreateMachine(triple, cpu, features);
            _module = Parse(ir);
            LibLlvm.LLVMSetTarget(_module, triple);
            nint layout = LibLlvm.LLVMCreateTargetDataLayout(_machine);
            PointerBytes = (int)LibLlvm.LLVMPointerSize(layout);
            LibLlvm.LLVMSetModuleDataLayout(_module, layout);
            LibLlvm.LLVMDisposeTargetData(layout);
            if (LibLlvm.LLVMVerifyModule(_module, 2, out byte* message) != 0)
                throw new InternalException("LATHE4203", $"the LLVM IR is not well formed: {LibLlvm.TakeMessage(message)}");
            LibLlvm.TakeMessage(message);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int PointerBytes { get; }

    /// <summary>Runs the pipeline of an optimization level, 0 to 3.</summary>
    public void Optimize(int level)
    {
        nint options = LibLlvm.LLVMCreatePassBuilderOptions();
        LibLlvm.LLVMPassBuilderOptionsSetLoopVectorization(options, 1);
        LibLlvm.LLVMPassBuilderOptionsSetLoopUnrolling(options, 1);
        LibLlvm.LLVMPassBuilderOptionsSetSLPVectorization(options, 0);
        string? error = LibLlvm.TakeError(LibLlvm.LLVMRunPasses(_module, $"default<O{level}>", _machine, options));
        LibLlvm.LLVMDisposePassBuilderOptions(options);
        if (error is not null)
            throw new InternalException("LATHE4204", $"LLVM's passes failed: {error}");
        ThrowIfReported();
    }

    public byte[] EmitObject() => Emit(LibLlvm.ObjectFile);

    public string EmitAssembly() => Encoding.UTF8.GetString(Emit(LibLlvm.AssemblyFile));

    public string Print() => LibLlvm.TakeMessage(LibLlvm.LLVMPrintModuleToString(_module)) + "\n";

    public void Dispose()
    {
        if (_module != 0)
            LibLlvm.LLVMDisposeModule(_module);
        _module = 0;
        if (!_self.IsAllocated)
            return;
        if (_machine != 0)
            LibLlvm.LLVMDisposeTargetMachine(_machine);
        LibLlvm.LLVMContextDispose(_context);
        _self.Free();
    }

    /// <summary>Makes a target machine and drops it; throws a <see cref="ModelException"/> for a triple that LLVM does not have.</summary>
    public static void TryMachine(string triple, string cpu, string features) =>
        LibLlvm.LLVMDisposeTargetMachine(CreateMachine(triple, cpu, features));

    private static nint CreateMachine(string triple, string cpu, string features)
    {
        if (LibLlvm.LLVMGetTargetFromTriple(triple, out nint target, out byte* message) != 0)
        {
            throw new ModelException("LATHE4210", $"-mtriple={triple} is not a target that this LLVM has: {LibLlvm.TakeMessage(message)}",
                "use a triple such as x86_64-linux-gnu, aarch64-linux-gnu or wasm32-unknown-unknown");
        }
        // A name that stands for a 32-bit CPU would end the process where 64-bit code is asked for.
        if (triple.StartsWith("x86_64", StringComparison.Ordinal))
            features = features.Length == 0 ? "+64bit" : $"{features},+64bit";
        nint machine = LibLlvm.LLVMCreateTargetMachine(
            target, triple, cpu, features, LibLlvm.AggressiveCodeGen, LibLlvm.PositionIndependent, LibLlvm.DefaultCodeModel);
        return machine != 0 ? machine : throw new InternalException("LATHE4202", $"LLVM made no target machine for {triple}");
    }

    private nint Parse(string ir)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(ir);
        nint buffer;
        fixed (byte* data = bytes)
            buffer = LibLlvm.LLVMCreateMemoryBufferWithMemoryRangeCopy(data, (nuint)bytes.Length, "lathe");
        return LibLlvm.LLVMParseIRInContext(_context, buffer, out nint module, out byte* message) == 0
            ? module
            : throw new InternalException("LATHE4203", $"the LLVM IR cannot be parsed: {LibLlvm.TakeMessage(message)}");
    }

    private byte[] Emit(int fileType)
    {
        bool failed = LibLlvm.LLVMTargetMachineEmitToMemoryBuffer(_machine, _module, fileType, out byte* message, out nint buffer) != 0;
        if (failed)
            throw new InternalException("LATHE4205", $"LLVM cannot emit code: {LibLlvm.TakeMessage(message)}");
        var bytes = new ReadOnlySpan<byte>(LibLlvm.LLVMGetBufferStart(buffer), checked((int)LibLlvm.LLVMGetBufferSize(buffer))).ToArray();
        LibLlvm.LLVMDisposeMemoryBuffer(buffer);
        ThrowIfReported();
        return bytes;
    }

    private void ThrowIfReported()
    {
        if (_errors.Length > 0)
            throw new InternalException(Reported, $"LLVM reported: {_errors}");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDiagnostic(nint diagnostic, nint state)
    {
        if (LibLlvm.LLVMGetDiagInfoSeverity(diagnostic) != LibLlvm.ErrorSeverity)
            return;
        var module = (LlvmModule)GCHandle.FromIntPtr(state).Target!;
        module._errors.AppendLine(LibLlvm.TakeMessage(LibLlvm.LLVMGetDiagInfoDescription(diagnostic)));
    }
}
