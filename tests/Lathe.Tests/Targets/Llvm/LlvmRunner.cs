using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lathe.Loops;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>Runs kernels compiled in memory on buffers that are aligned to their elements alone, with guard bytes behind.</summary>
internal static unsafe class LlvmRunner
{
    private const int Guard = 64;

    /// <summary>The level of x86-64 that this machine can run, and what lies below it; the host's own target elsewhere.</summary>
    public static IEnumerable<LlvmTarget> RunnableTargets
    {
        get
        {
            yield return LlvmTarget.Host;
            if (LlvmTarget.Host.Architecture != "x86_64")
                yield break;
            yield return LlvmTarget.Parse("llvm -mcpu=x86-64");
            yield return LlvmTarget.Parse("llvm -mcpu=x86-64-v2");
            if (System.Runtime.Intrinsics.X86.Avx2.IsSupported && System.Runtime.Intrinsics.X86.Fma.IsSupported)
                yield return LlvmTarget.Parse("llvm -mcpu=x86-64-v3");
            if (System.Runtime.Intrinsics.X86.Avx512F.VL.IsSupported)
                yield return LlvmTarget.Parse("llvm -mcpu=x86-64-v4");
        }
    }

    /// <summary>Whether this machine runs code for a CPU of x86-64: one with no more than the extensions that it has.</summary>
    public static bool Runs(LlvmTarget target) => target.Equals(LlvmTarget.Host)
        || (target.IsHost && target.Architecture == "x86_64" && target.Facts.VectorBytes <= LlvmTarget.Host.Facts.VectorBytes && target.Cpu switch
        {
            "x86-64" => true,
            "haswell" => System.Runtime.Intrinsics.X86.Avx2.IsSupported && System.Runtime.Intrinsics.X86.Fma.IsSupported,
            "skylake-avx512" => System.Runtime.Intrinsics.X86.Avx512BW.VL.IsSupported,
            "icelake-server" => System.Runtime.Intrinsics.X86.Avx512Vbmi.VL.IsSupported && LlvmTarget.Host.Facts is { Dot: DotInstruction.Vnni, DotBytes: 64 },
            _ => false,
        });

    /// <summary>A program of one step whose inputs and outputs are the kernel's.</summary>
    public static Lathe.Loops.Program ProgramOf(Kernel kernel)
    {
        long arena = 0;
        var arguments = new List<Location>();
        arguments.AddRange(kernel.Inputs.Select((_, i) => new Location(Region.Input, i)));
        arguments.AddRange(kernel.Outputs.Select((_, i) => new Location(Region.Output, i)));
        foreach (var scratch in kernel.Scratch)
        {
            arguments.Add(new Location(Region.Arena, arena));
            arena += (scratch.Bytes + 63) / 64 * 64;
        }
        return new Lathe.Loops.Program(kernel.Name, Bound(kernel.Inputs), Bound(kernel.Outputs), arena, 0,
            [new Step(kernel.Name, kernel, [.. arguments])]);
    }

    public static IReadOnlyList<Tensor> Run(Kernel kernel, LlvmTarget target, params IReadOnlyList<Tensor> inputs)
    {
        using var module = new JitModule(LlvmCompiler.Compile(ProgramOf(kernel), target));
        return Run(module, kernel, inputs);
    }

    /// <summary>Runs with or without threads; checks that nothing behind a buffer was written.</summary>
    public static IReadOnlyList<Tensor> Run(JitModule module, Kernel kernel, IReadOnlyList<Tensor> inputs, bool parallel = false)
    {
        var blocks = new List<nint>();
        var context = new LatheContext();
        try
        {
            var inputPointers = stackalloc void*[Math.Max(1, inputs.Count)];
            for (int i = 0; i < inputs.Count; i++)
            {
                inputPointers[i] = Allocate(inputs[i].Bytes.Length, inputs[i].Type.Size);
                inputs[i].Bytes.Span.CopyTo(new Span<byte>(inputPointers[i], inputs[i].Bytes.Length));
            }
            var outputs = kernel.Outputs.Select(b => Tensor.Zeros(b.Element, Shape.Of(b.Shape))).ToList();
            var outputPointers = stackalloc void*[Math.Max(1, outputs.Count)];
            for (int i = 0; i < outputs.Count; i++)
                outputPointers[i] = Allocate(outputs[i].Bytes.Length, outputs[i].Type.Size);
            long arena = ((delegate* unmanaged[Cdecl]<long>)module.Address("lathe_arena_bytes"))();
            context.Inputs = inputPointers;
            context.Outputs = outputPointers;
            context.Arena = NativeMemory.AlignedAlloc((nuint)Math.Max(64, arena), 64);
            context.ParallelFor = parallel ? &ParallelFor : null;
            ((delegate* unmanaged[Cdecl]<LatheContext*, void>)module.Address("lathe_run"))(&context);
            for (int i = 0; i < outputs.Count; i++)
            {
                int length = outputs[i].Bytes.Length;
                new Span<byte>(outputPointers[i], length).CopyTo(outputs[i].Bytes.Span);
                Assert.All(new Span<byte>((byte*)outputPointers[i] + length, Guard).ToArray(), b => Assert.Equal(0xA5, b));
            }
            return outputs;
        }
        finally
        {
            NativeMemory.AlignedFree(context.Arena);
            foreach (nint block in blocks)
                NativeMemory.AlignedFree((void*)block);
        }

        void* Allocate(int bytes, int misalignment)
        {
            byte* block = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + 64 + Guard), 64);
            new Span<byte>(block, bytes + 64 + Guard).Fill(0xA5);
            blocks.Add((nint)block);
            return block + misalignment;
        }
    }

    private static EquatableArray<ProgramBuffer> Bound(EquatableArray<Buffer> buffers) =>
        buffers.Select(b => new ProgramBuffer(b.Name, b.Element, b.Shape)).ToEquatableArray();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ParallelFor(void* pool, delegate* unmanaged[Cdecl]<void*, long, void> body, void* data, long count)
    {
        nint function = (nint)body, argument = (nint)data;
        Parallel.For(0, count, i => ((delegate* unmanaged[Cdecl]<void*, long, void>)function)((void*)argument, i));
    }

    private struct LatheContext
    {
        public void** Inputs;
        public void** Outputs;
        public void* Params;
        public void* Arena;
        public delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, long, void>, void*, long, void> ParallelFor;
        public void* Pool;
    }
}
