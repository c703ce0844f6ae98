using Lathe.Targets.Llvm;

namespace Lathe.Tests.Targets.Llvm;

public sealed class LlvmTargetTests
{
    [LlvmTheory]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64", 16, 16, false, false, false, 8)]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64-v2", 16, 16, false, false, true, 8)]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64-v3", 32, 16, true, true, true, 8)]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64-v4", 64, 32, true, true, true, 8)]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=skylake-avx512", 64, 32, true, true, true, 8)]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64 -mattr=+avx", 32, 16, false, false, true, 8)]
    [InlineData("llvm -mtriple=aarch64-linux-gnu", 16, 32, true, true, true, 8)]
    [InlineData("llvm -mtriple=wasm32 -mattr=+simd128", 16, 16, false, false, true, 4)]
    [InlineData("llvm -mtriple=wasm32", 4, 16, false, false, true, 4)]
    public void Facts_follow_the_cpu_and_features(
        string text, int bytes, int registers, bool hasFma, bool hasHalfConversion, bool hasRounding, int pointerBytes)
    {
        var facts = LlvmTarget.Parse(text).Facts;
        Assert.Equal(new TargetFacts(bytes, registers, hasFma, hasHalfConversion, hasRounding, pointerBytes, facts.Dot, facts.DotBytes) { FloorsFma = bytes == 64, EstimatesReciprocals = bytes == 64 }, facts);
    }

    [LlvmTheory]
    [InlineData("x86_64-linux-gnu -mcpu=x86-64", DotInstruction.Pairs, 16)]
    [InlineData("x86_64-linux-gnu -mcpu=haswell", DotInstruction.Pairs, 32)]
    [InlineData("x86_64-linux-gnu -mcpu=knl", DotInstruction.Pairs, 32)]
    [InlineData("x86_64-linux-gnu -mcpu=skylake-avx512", DotInstruction.Pairs, 64)]
    [InlineData("x86_64-linux-gnu -mcpu=icelake-server", DotInstruction.Vnni, 64)]
    [InlineData("x86_64-linux-gnu -mcpu=znver4", DotInstruction.Vnni, 64)]
    [InlineData("x86_64-linux-gnu -mcpu=alderlake", DotInstruction.Vnni, 32)]
    [InlineData("aarch64-linux-gnu", DotInstruction.None, 16)]
    [InlineData("aarch64-linux-gnu -mcpu=cortex-a76", DotInstruction.Signed, 16)]
    [InlineData("aarch64-linux-gnu -mcpu=neoverse-v1", DotInstruction.Signed, 16)]
    [InlineData("wasm32 -mattr=+simd128", DotInstruction.None, 16)]
    public void Facts_tell_what_sums_products_of_bytes(string text, DotInstruction dot, int bytes)
    {
        var facts = LlvmTarget.Parse($"llvm -mtriple={text}").Facts;
        Assert.Equal((dot, bytes), (facts.Dot, facts.DotBytes));
    }

    [LlvmTheory]
    [InlineData("x86_64-linux-gnu", "x86_64-unknown-linux-gnu", "linux", ObjectFormat.Elf, true)]
    [InlineData("aarch64-linux-android30", "aarch64-unknown-linux-android30", "linux", ObjectFormat.Elf, true)]
    [InlineData("arm64-apple-macosx12.0", "arm64-apple-macosx12.0", "macosx", ObjectFormat.MachO, false)]
    [InlineData("arm64-apple-ios", "arm64-apple-ios", "ios", ObjectFormat.MachO, false)]
    [InlineData("x86_64-pc-windows-msvc", "x86_64-pc-windows-msvc", "windows", ObjectFormat.Coff, false)]
    [InlineData("wasm32", "wasm32-unknown-unknown", "unknown", ObjectFormat.Wasm, true)]
    public void The_triple_tells_system_and_format(string triple, string normal, string os, ObjectFormat format, bool hasLinker)
    {
        var target = LlvmTarget.Parse($"llvm -mtriple={triple}");
        Assert.Equal((normal, os, format, hasLinker), (target.Triple, target.Os, target.Format, target.HasLinker));
    }

    [LlvmFact]
    public void Native_is_this_machine_with_its_features()
    {
        var target = LlvmTarget.Parse("native");
        Assert.Equal(target, LlvmTarget.Parse("llvm"));
        Assert.Equal(target, LlvmTarget.Parse(target.ToString()));
        Assert.True(target.IsHost);
        if (System.Runtime.Intrinsics.X86.Avx512F.IsSupported)
            Assert.Equal(64, target.Facts.VectorBytes);
    }

    [LlvmTheory]
    [InlineData("cuda", "cuda")]
    [InlineData("llvm -mtripel=x86_64-linux-gnu", "-mtripel")]
    [InlineData("llvm -mcpu=", "-mcpu")]
    [InlineData("llvm -mcpu=znver99", "-mcpu=znver99")]
    [InlineData("llvm -mtriple=aarch64-linux-gnu -mcpu=znver4", "-mcpu=znver4")]
    [InlineData("llvm -mtriple=aarch64-linux-gnu -mcpu=native", "-mcpu=native")]
    [InlineData("llvm -mcpu=x86-64 -mattr=+avx3", "+avx3")]
    [InlineData("llvm -mcpu=x86-64 -mattr=avx2", "'avx2'")]
    [InlineData("llvm -mtriple=toaster-linux", "-mtriple=toaster")]
    [InlineData("llvm -mcpu=x86-64 -mattr=-sse,-sse2", "-sse2")]
    [InlineData("llvm -opt-level=9", "-opt-level=9")]
    [InlineData("llvm -subnormals=drop", "-subnormals=drop")]
    [InlineData("llvm -mtriple=wasm32 -subnormals=flush", "wasm32")]
    public void Wrong_targets_are_refused_by_name(string text, string named) =>
        Assert.Contains(named, Assert.Throws<ModelException>(() => LlvmTarget.Parse(text)).Message, StringComparison.Ordinal);
}
