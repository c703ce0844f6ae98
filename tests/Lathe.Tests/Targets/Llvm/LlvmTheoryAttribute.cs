using Lathe.Targets.Llvm;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>A theory that needs libLLVM, and is skipped with the reason where there is none.</summary>
internal sealed class LlvmTheoryAttribute : TheoryAttribute
{
    public LlvmTheoryAttribute() => Skip = LlvmLibrary.Problem;
}
