using System.Collections.Concurrent;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Finds out what a target can do by looking at the code that LLVM makes for it, which knows every CPU name and feature:
/// the registers of a vector addition, and whether an operation became a call.
/// </summary>
internal static class TargetProbe
{
    private static readonly string Source = """
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
        define i32 @mixed(ptr %p) {
          %a = load <64 x i8>, ptr %p, align 1
          %x = zext <64 x i8> %a to <64 x i32>
          %y = sext <64 x i8> %a to <64 x i32>
          %m = mul nsw <64 x i32> %x, %y
          %r = call i32 @llvm.vector.reduce.add.v64i32(<64 x i32> %m)
          ret i32 %r
        }
        define i32 @signed(ptr %p) {
          %a = load <64 x i8>, ptr %p, align 1
          %x = sext <64 x i8> %a to <64 x i32>
          %m = mul nsw <64 x i32> %x, %x
          %r = call i32 @llvm.vector.reduce.add.v64i32(<64 x i32> %m)
          ret i32 %r
        }
        define void @pairs(ptr %p) {
          %v = load <32 x i16>, ptr %p, align 1
          %w = mul <32 x i16> %v, %v
          store <32 x i16> %w, ptr %p, align 1
          ret void
        }
        define void @funnel(ptr %p) {
          %v = load <16 x i32>, ptr %p, align 1
          %w = call <16 x i32> @llvm.fshl.v16i32(<16 x i32> %v, <16 x i32> zeroinitializer, <16 x i32> %v)
          store <16 x i32> %w, ptr %p, align 1
          ret void
        }
        declare i32 @llvm.vector.reduce.add.v64i32(<64 x i32>)
        declare <16 x i32> @llvm.fshl.v16i32(<16 x i32>, <16 x i32>, <16 x i32>)
        declare float @llvm.fma.f32(float, float, float)
        declare float @llvm.floor.f32(float)

        """;

    private static readonly ConcurrentDictionary<(string, string, string), TargetFacts> Known = new();

    /// <summary>The facts of a target; throws a <see cref="ModelException"/> for a CPU or feature that LLVM does not know.</summary>
    public static TargetFacts Facts(string triple, string cpu, string features) =>
        Known.GetOrAdd((triple, cpu, features), static key => Probe(key.Item1, key.Item2, key.Item3));

    private static TargetFacts Probe(string triple, string cpu, string features)
    {
        CheckNames(triple, cpu, features);
        using var module = new LlvmModule(Source, triple, cpu, features);
        string code;
        try
        {
            code = module.EmitAssembly();
        }
        catch (InternalException e) when (e.Code == LlvmModule.Reported)
        {
            throw new ModelException("LATHE4214", $"-mcpu={cpu} and -mattr={features} do not make a CPU that LLVM can compile for: {e.Message}", inner: e);
        }
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
        bool x86 = architecture is "x86_64" or "i386" or "i586" or "i686";
        var dot = x86 ? code.Contains("vpdpbusd", StringComparison.Ordinal) ? DotInstruction.Vnni : code.Contains("%xmm", StringComparison.Ordinal) ? DotInstruction.Pairs : DotInstruction.None
            : code.Contains("sdot", StringComparison.Ordinal) ? DotInstruction.Signed : DotInstruction.None;
        int dotBytes = wide && !HasWide("vpmullw") && !HasWide("vpdpbusd") ? 32 : bytes;
        bool HasWide(string instruction) => code.Split('\n').Any(line => line.Contains(instruction, StringComparison.Ordinal) && line.Contains("%zmm", StringComparison.Ordinal));
        int registers = wide || architecture is "aarch64" or "arm64" or "riscv64" or "nvptx64" ? 32 : 16;
        return new TargetFacts(
            bytes,
            registers,
            HasFma: !code.Contains("fmaf", StringComparison.Ordinal),
            HasHalfConversion: !code.Contains("extendhfsf", StringComparison.Ordinal) && !code.Contains("h2f", StringComparison.Ordinal),
            HasRounding: !code.Contains("floorf", StringComparison.Ordinal),
            module.PointerBytes,
            dot,
            dotBytes)
        {
            FunnelShifts = HasWide("vpshld"),
            EstimatesReciprocals = x86 && bytes == 64,
            FloorsFma = x86 && bytes == 64 && dotBytes == 64,
        };
    }

    /// <summary>Refuses what LLVM would ignore with a word on stderr, before code is made without it.</summary>
    private static void CheckNames(string triple, string cpu, string features)
    {
        var printed = StderrCapture.Run(() => LlvmModule.TryMachine(triple, cpu, features));
        var complaints = printed.Where(line => line.Contains("is not a recognized ", StringComparison.Ordinal)).ToList();
        StderrCapture.Pass(printed.Except(complaints));
        if (complaints is [var complaint, ..])
            throw Unknown(complaint, triple, cpu);
    }

    /// <summary>From LLVM's own words: <c>'x' is not a recognized processor for this target (ignoring processor)</c>.</summary>
    private static ModelException Unknown(string complaint, string triple, string cpu)
    {
        string name = complaint.Split('\'') is [_, var quoted, ..] ? quoted : complaint;
        return complaint.Contains("processor", StringComparison.Ordinal)
            ? new ModelException("LATHE4212", $"-mcpu={cpu} is not a CPU that LLVM knows for {triple}", "use a name such as x86-64-v3, znver4, cortex-a76 or generic, or native")
            : new ModelException("LATHE4213", $"-mattr has '{name}', which is not a feature that LLVM knows for {triple}", "use features such as +avx2, +fma or -avx512f");
    }
}
