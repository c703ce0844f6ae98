using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lathe.Targets.Llvm;

/// <summary>The entry points of libLLVM's C API that Lathe calls. <see cref="LlvmLibrary"/> finds the file.</summary>
internal static unsafe partial class LibLlvm
{
    internal const string Name = "LLVM-19";

    internal const int ErrorSeverity = 0;

    internal const int AggressiveCodeGen = 3;
    internal const int PositionIndependent = 2;
    internal const int DefaultCodeModel = 0;

    internal const int AssemblyFile = 0;
    internal const int ObjectFile = 1;

    [LibraryImport(Name)] internal static partial void LLVMGetVersion(out uint major, out uint minor, out uint patch);
    [LibraryImport(Name)] internal static partial void LLVMDisposeMessage(byte* message);
    [LibraryImport(Name)] internal static partial byte* LLVMGetErrorMessage(nint error);
    [LibraryImport(Name)] internal static partial void LLVMDisposeErrorMessage(byte* message);

    [LibraryImport(Name)] internal static partial void LLVMInstallFatalErrorHandler(delegate* unmanaged[Cdecl]<byte*, void> handler);

    [LibraryImport(Name)] internal static partial byte* LLVMGetDefaultTargetTriple();
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] internal static partial byte* LLVMNormalizeTargetTriple(string triple);
    [LibraryImport(Name)] internal static partial byte* LLVMGetHostCPUName();
    [LibraryImport(Name)] internal static partial byte* LLVMGetHostCPUFeatures();

    [LibraryImport(Name)] internal static partial nint LLVMContextCreate();
    [LibraryImport(Name)] internal static partial void LLVMContextDispose(nint context);

    [LibraryImport(Name)]
    internal static partial void LLVMContextSetDiagnosticHandler(
        nint context, delegate* unmanaged[Cdecl]<nint, nint, void> handler, nint state);

    [LibraryImport(Name)] internal static partial byte* LLVMGetDiagInfoDescription(nint diagnostic);
    [LibraryImport(Name)] internal static partial int LLVMGetDiagInfoSeverity(nint diagnostic);

    [LibraryImport(Name)]
    internal static partial nint LLVMCreateMemoryBufferWithMemoryRangeCopy(
        byte* data, nuint length, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [LibraryImport(Name)] internal static partial byte* LLVMGetBufferStart(nint buffer);
    [LibraryImport(Name)] internal static partial nuint LLVMGetBufferSize(nint buffer);
    [LibraryImport(Name)] internal static partial void LLVMDisposeMemoryBuffer(nint buffer);

    /// <summary>Takes the buffer over.</summary>
    [LibraryImport(Name)]
    internal static partial int LLVMParseIRInContext(nint context, nint buffer, out nint module, out byte* message);

    [LibraryImport(Name)] internal static partial int LLVMVerifyModule(nint module, int action, out byte* message);
    [LibraryImport(Name)] internal static partial void LLVMDisposeModule(nint module);
    [LibraryImport(Name)] internal static partial byte* LLVMPrintModuleToString(nint module);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void LLVMSetTarget(nint module, string triple);

    [LibraryImport(Name)] internal static partial void LLVMSetModuleDataLayout(nint module, nint layout);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LLVMGetTargetFromTriple(string triple, out nint target, out byte* message);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint LLVMCreateTargetMachine(
        nint target, string triple, string cpu, string features, int level, int relocation, int codeModel);

    [LibraryImport(Name)] internal static partial void LLVMDisposeTargetMachine(nint machine);
    [LibraryImport(Name)] internal static partial nint LLVMCreateTargetDataLayout(nint machine);
    [LibraryImport(Name)] internal static partial void LLVMDisposeTargetData(nint layout);
    [LibraryImport(Name)] internal static partial uint LLVMPointerSize(nint layout);

    [LibraryImport(Name)]
    internal static partial int LLVMTargetMachineEmitToMemoryBuffer(
        nint machine, nint module, int fileType, out byte* message, out nint buffer);

    [LibraryImport(Name)] internal static partial nint LLVMCreatePassBuilderOptions();
    [LibraryImport(Name)] internal static partial void LLVMDisposePassBuilderOptions(nint options);
    [LibraryImport(Name)] internal static partial void LLVMPassBuilderOptionsSetLoopVectorization(nint options, int on);
    [LibraryImport(Name)] internal static partial void LLVMPassBuilderOptionsSetSLPVectorization(nint options, int on);
    [LibraryImport(Name)] internal static partial void LLVMPassBuilderOptionsSetLoopUnrolling(nint options, int on);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint LLVMRunPasses(nint module, string passes, nint machine, nint options);

    [LibraryImport(Name)] internal static partial nint LLVMOrcCreateLLJIT(out nint jit, nint builder);
    [LibraryImport(Name)] internal static partial nint LLVMOrcDisposeLLJIT(nint jit);
    [LibraryImport(Name)] internal static partial nint LLVMOrcLLJITGetMainJITDylib(nint jit);
    [LibraryImport(Name)] internal static partial byte LLVMOrcLLJITGetGlobalPrefix(nint jit);
    [LibraryImport(Name)] internal static partial nint LLVMOrcLLJITGetExecutionSession(nint jit);

    [LibraryImport(Name)]
    internal static partial void LLVMOrcExecutionSessionSetErrorReporter(
        nint session, delegate* unmanaged[Cdecl]<nint, nint, void> reporter, nint state);

    [LibraryImport(Name)]
    internal static partial nint LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
        out nint generator, byte globalPrefix, nint filter, nint filterState);

    [LibraryImport(Name)] internal static partial void LLVMOrcJITDylibAddGenerator(nint dylib, nint generator);

    /// <summary>Takes the buffer over.</summary>
    [LibraryImport(Name)] internal static partial nint LLVMOrcLLJITAddObjectFile(nint jit, nint dylib, nint buffer);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint LLVMOrcLLJITLookup(nint jit, out ulong address, string symbol);

    /// <summary>Takes a message over and returns its text.</summary>
    internal static string TakeMessage(byte* message)
    {
        if (message is null)
            return "";
        string text = Marshal.PtrToStringUTF8((nint)message) ?? "";
        LLVMDisposeMessage(message);
        return text.Trim();
    }

    /// <summary>Takes an error over; null where there is none.</summary>
    internal static string? TakeError(nint error)
    {
        if (error == 0)
            return null;
        byte* message = LLVMGetErrorMessage(error);
        string text = Marshal.PtrToStringUTF8((nint)message) ?? "";
        LLVMDisposeErrorMessage(message);
        return text.Trim();
    }

    /// <summary>The last words where LLVM gives up, for instance over features that rule each other out; it ends the process afterwards.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void OnFatalError(byte* reason)
    {
        var error = new UnsupportedException("LATHE4208", $"LLVM cannot go on: {Marshal.PtrToStringUTF8((nint)reason)}");
        Console.Error.WriteLine($"error {error.Code}: {error.Message}");
        Console.Error.WriteLine("  next: check that the target's -mcpu and -mattr go together");
        Environment.Exit(error.ExitCode);
    }

    /// <summary>Frees an error that has been told already.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void DropError(nint state, nint error) => TakeError(error);
}
