using System.Runtime.Intrinsics;
using Lathe.Compilation.Scheduling;
using Lathe.Targets;
using Lathe.Targets.Llvm;

namespace Lathe.Compilation;

/// <summary>What code is made for: the managed evaluator in this process, or a processor through LLVM.</summary>
public abstract record Target
{
    private const string Variable = "LATHE_TARGET";

    /// <summary>The target's facts for schedules, for code that may use so many threads.</summary>
    public abstract MachineFacts Machine(int threads);

    /// <summary>
    /// <c>managed</c>, <c>native</c>, or <c>llvm -mtriple=... -mcpu=... -mattr=...</c>. Without a text: what LATHE_TARGET says, else native
    /// where LLVM is installed and managed where it is not.
    /// </summary>
    public static Target Parse(string? text)
    {
        text ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen ? chosen : null;
        if (text is null)
            return LlvmLibrary.IsAvailable ? new Llvm(LlvmTarget.Host) : new Managed();
        return text == "managed" ? new Managed() : new Llvm(LlvmTarget.Parse(text));
    }

    private static MachineFacts Facts(int vectorBytes, int vectorRegisters, int threads, CacheSizes caches) =>
        new(vectorBytes, vectorRegisters, threads, caches.L1Bytes, caches.L2Bytes, caches.L1Ways, caches.L3Bytes, caches.LineBytes);

    /// <summary>Delegates in this process; needs no native library.</summary>
    public sealed record Managed : Target
    {
        public override MachineFacts Machine(int threads) => Facts(
            Vector512.IsHardwareAccelerated ? 64 : Vector256.IsHardwareAccelerated ? 32 : 16,
            Vector512.IsHardwareAccelerated ? 32 : 16,
            threads,
            CacheSizes.Host.OrElse(CacheSizes.OfCpu("")));

        public override string ToString() => "managed";
    }

    /// <summary>Machine code of the processor that the target describes.</summary>
    public sealed record Llvm(LlvmTarget Code) : Target
    {
        public override MachineFacts Machine(int threads)
        {
            var caches = CacheSizes.OfCpu(Code.Cpu);
            bool isHost = Code.Triple == LlvmTarget.Host.Triple && Code.Cpu == LlvmTarget.Host.Cpu;
            return Facts(Code.Facts.VectorBytes, Code.Facts.VectorRegisters, threads, isHost ? CacheSizes.Host.OrElse(caches) : caches) with
            {
                Rates = CoreRates.OfCpu(Code.Cpu),
                UnsignedData = Code.Facts.Dot is DotInstruction.Vnni or DotInstruction.Pairs,
                PacksBytes = Code.Facts.Dot is DotInstruction.Vnni or DotInstruction.Pairs,
                FloorsFma = Code.Facts.FloorsFma,
                FunnelShifts = Code.Facts.FunnelShifts,
            };
        }

        public override string ToString() => Code.ToString();
    }
}
