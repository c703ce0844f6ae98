using Lathe.Targets.Llvm;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>A test that needs libLLVM, and is skipped with the reason where there is none.</summary>
internal sealed class LlvmFactAttribute : FactAttribute
{
    public LlvmFactAttribute() => Skip = LlvmLibrary.Problem;
}
