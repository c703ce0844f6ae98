using System.Collections.Concurrent;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Finds out what a target can do by looking at the code that LLVM makes for it, which knows every CPU name and feature:
/// the registers of a vector addition, and whether an operation became a call.
/// </summary>
internal static class TargetProbe
{
    private const string Source = """
        define void @vector(ptr %p) {
          %v = load <16 x float>, ptr %p, align 4
          %w = fadd <16 x float> %v, %v
          store <16 x float> %w, ptr %p, align 4
          ret void
        }
        define float @multiply(float %a, float %b, float %c) {
          %r = call float @llvm.fma.f32(float %a, float %b, float %c)
          ret float %r
        }
        define float @narrow(i16 %a) {
          %h = bitcast i16 %a to half
          %r = fpext half %h to float
          ret float %r
        }
        define float @round(float %a) {
          %r = call float @llvm.floor.f32(float %a)
          ret float %r
        }
        declare float @llvm.fma.f32(float, float, float)
        declare float @llvm.floor.f32(float)

        """;

    private static readonly ConcurrentDictionary<(string, string, string), TargetFacts> Known = new();

    /// <summary>The facts of a target; throws a <see cref="ModelException"/> for a CPU or feature that LLVM does not know.</summary>
    public static TargetFacts Facts(string triple, string cpu, string features) =>
        Known.GetOrAdd((triple, cpu, features), static key => Probe(key.Item1, key.Item2, key.Item3));

    private static TargetFacts Probe(string triple, string cpu, string features)
    {
        using var module = new LlvmModule(Source, triple, cpu, features);
        string code = module.EmitAssembly();
        string architecture = triple[..triple.IndexOf('-', StringComparison.Ordinal)];
        bool wide = code.Contains("%zmm", StringComparison.Ordinal);
        int bytes = architecture switch
        {
            "x86_64" or "i386" or "i586" or "i686" => !wide ? code.Contains("%ymm", StringComparison.Ordinal) ? 32 : 16
                : features.Contains("+prefer-256-bit", StringComparison.Ordinal) ? 32 : 64,
            "aarch64" or "arm64" => 16,
            "wasm32" or "wasm64" => code.Contains("f32x4.add", StringComparison.Ordinal) ? 16 : 4,
            _ when architecture.StartsWith("arm", StringComparison.Ordinal) || architecture.StartsWith("thumb", StringComparison.Ordinal) =>
                code.Contains("vadd.f32\tq", StringComparison.Ordinal) ? 16 : 4,
            "nvptx64" => 16,
            _ => 4,
        };
        int registers = wide || architecture is "aarch64" or "arm64" or "riscv64" or "nvptx64" ? 32 : 16;
        return new TargetFacts(
            bytes,
            registers,
            HasFma: !code.Contains("fmaf", StringComparison.Ordinal),
            HasHalfConversion: !code.Contains("extendhfsf", StringComparison.Ordinal) && !code.Contains("h2f", StringComparison.Ordinal),
            HasRounding: !code.Contains("floorf", StringComparison.Ordinal),
            module.PointerBytes);
    }
}
