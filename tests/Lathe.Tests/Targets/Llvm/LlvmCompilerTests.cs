using System.Runtime.InteropServices;
using Lathe.Loops;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

public sealed class LlvmCompilerTests
{
    private static readonly string[] Allowed = ["memcpy", "memset"];

    [LlvmTheory]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64 -opt-level=1")]
    [InlineData("llvm -mtriple=x86_64-linux-gnu -mcpu=znver4 -opt-level=1")]
    [InlineData("llvm -mtriple=aarch64-linux-gnu -opt-level=1")]
    [InlineData("llvm -mtriple=aarch64-linux-gnu -opt-level=1 -subnormals=flush")]
    [InlineData("llvm -mtriple=arm64-apple-macosx12 -opt-level=1")]
    public void Objects_need_nothing_but_memcpy_and_memset(string text)
    {
        var target = LlvmTarget.Parse(text);
        foreach (var kernel in OperatorTests.Kernels(4))
        {
            foreach (byte[] code in LlvmCompiler.Compile(LlvmRunner.ProgramOf(kernel), target))
            {
                if (target.Format == ObjectFormat.Elf)
                    Assert.DoesNotContain(ObjectSymbols.Undefined(code), s => !Allowed.Contains(s) && !s.StartsWith("lathe.kernel.", StringComparison.Ordinal));
            }
        }
    }

    [LlvmTheory]
    [InlineData("llvm -mtriple=wasm32 -mattr=+simd128 -opt-level=1")]
    [InlineData("llvm -mtriple=wasm32 -opt-level=1")]
    public void WebAssembly_modules_need_nothing_but_memcpy_and_memset(string text)
    {
        if (Linker.Find(ObjectFormat.Wasm) is null)
            return;
        var target = LlvmTarget.Parse(text);
        foreach (var kernel in OperatorTests.Kernels(4))
        {
            byte[] module = Linker.Link(LlvmCompiler.Compile(LlvmRunner.ProgramOf(kernel), target), target);
            Assert.Empty(ObjectSymbols.Imports(module).Except(Allowed));
        }
    }

    [LlvmTheory]
    [InlineData("native")]
    [InlineData("llvm -mtriple=aarch64-linux-gnu")]
    public void Libraries_export_the_interface_alone(string text)
    {
        if (Linker.Find(ObjectFormat.Elf) is null)
            return;
        var target = LlvmTarget.Parse(text);
        byte[] library = Linker.Link(LlvmCompiler.Compile(LlvmRunner.ProgramOf(Doubling), target), target);
        string[] expected =
        [
            "lathe_abi_version", "lathe_arena_bytes", "lathe_input_count", "lathe_output_count", "lathe_params_bytes", "lathe_run", "lathe_run_steps",
            "lathe_step_count",
        ];
        Assert.Equal(expected, ObjectSymbols.Exported(library).Order(StringComparer.Ordinal));
        Assert.All(expected, name => Assert.Contains($"{name}(", CHeader.Text, StringComparison.Ordinal));
        Assert.Equal("mod.so", Linker.FileName(target));
    }

    [LlvmFact]
    public unsafe void A_linked_library_loads_and_runs()
    {
        if (Linker.Find(ObjectFormat.Elf) is null || !OperatingSystem.IsLinux())
            return;
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Linker.Link(LlvmCompiler.Compile(LlvmRunner.ProgramOf(Doubling), LlvmTarget.Host), LlvmTarget.Host));
            nint library = NativeLibrary.Load(path);
            float* memory = stackalloc float[10] { 1, 2, 3, 4, 5, 0, 0, 0, 0, 0 };
            void* input = memory;
            void* output = memory + 5;
            void** context = stackalloc void*[6] { &input, &output, null, null, null, null };
            ((delegate* unmanaged<void**, void>)NativeLibrary.GetExport(library, "lathe_run"))(context);
            Assert.Equal([2f, 4, 6, 8, 10], new Span<float>(output, 5).ToArray());
            NativeLibrary.Free(library);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [LlvmFact]
    public unsafe void Steps_run_in_order_on_the_arena_and_the_parameters()
    {
        var double1 = Doubling;
        var program = new Lathe.Loops.Program(
            "three", [new ProgramBuffer("in", DType.Float32, [5])], [new ProgramBuffer("out", DType.Float32, [5])], 128, 64,
            [
                new Step("a", double1, [new Location(Region.Parameters, 0), new Location(Region.Arena, 64)]),
                new Step("b", double1, [new Location(Region.Arena, 64), new Location(Region.Arena, 0)]),
                new Step("c", double1, [new Location(Region.Arena, 0), new Location(Region.Output, 0)]),
            ]);
        using var module = new JitModule(LlvmCompiler.Compile(program, LlvmTarget.Host));
        Assert.Equal(128, ((delegate* unmanaged<long>)module.Address("lathe_arena_bytes"))());
        Assert.Equal(64, ((delegate* unmanaged<long>)module.Address("lathe_params_bytes"))());
        Assert.Equal(CHeader.AbiVersion, ((delegate* unmanaged<int>)module.Address("lathe_abi_version"))());
        Assert.Equal(3, ((delegate* unmanaged<int>)module.Address("lathe_step_count"))());
        float* memory = (float*)NativeMemory.AlignedAlloc(256, 64);
        new Span<float>(memory, 64).Clear();
        for (int i = 0; i < 5; i++)
            memory[i] = i;
        void* output = memory + 48;
        void** context = stackalloc void*[6] { null, &output, memory, memory + 16, null, null };
        var run = (delegate* unmanaged<void**, int, int, void>)module.Address("lathe_run_steps");
        run(context, 0, 2);
        Assert.Equal([0f, 4, 8, 12, 16], new Span<float>(memory + 16, 5).ToArray());
        Assert.Equal([0f, 0, 0, 0, 0], new Span<float>(output, 5).ToArray());
        run(context, 2, 99);
        Assert.Equal([0f, 8, 16, 24, 32], new Span<float>(output, 5).ToArray());
        NativeMemory.AlignedFree(memory);
    }

    [LlvmFact]
    public void What_is_known_is_not_compiled_again()
    {
        var known = new ObjectCache();
        var first = LlvmCompiler.Compile(LlvmRunner.ProgramOf(Doubling), LlvmTarget.Host, known: known);
        var again = LlvmCompiler.Compile(LlvmRunner.ProgramOf(Doubling), LlvmTarget.Host, known: known);
        var other = LlvmCompiler.Compile(LlvmRunner.ProgramOf(KernelSamples.TiledMatMul(12, 128, 64, 6, 64, 16)), LlvmTarget.Host, known: known);

        Assert.All(first.Zip(again), pair => Assert.Same(pair.First, pair.Second));
        Assert.Empty(first.Intersect(other));
        Assert.Equal(LlvmCompiler.Compile(LlvmRunner.ProgramOf(Doubling), LlvmTarget.Host), first);
    }

    [LlvmFact]
    public void A_register_tile_stays_in_registers()
    {
        var target = LlvmTarget.Parse("llvm -mtriple=x86_64-linux-gnu -mcpu=znver4");
        string code = LlvmCompiler.PrintAssembly(LlvmRunner.ProgramOf(KernelSamples.TiledMatMul(12, 128, 64, 6, 64, 16)), target);
        Assert.Contains("vfmadd231ps", code, StringComparison.Ordinal);
        Assert.DoesNotContain("Spill", code, StringComparison.Ordinal);
        Assert.DoesNotContain("Reload", code, StringComparison.Ordinal);
    }

    [LlvmFact]
    public void An_unexpanded_intrinsic_is_refused()
    {
        var (x, y) = (new Buffer("x", DType.Float32, [1]), new Buffer("y", DType.Float32, [1]));
        var kernel = new Kernel("k", [x], [y], [], y.Store([0], Lathe.Loops.Build.Call(Intrinsic.Exp, x[0])));
        Assert.Equal("LATHE4222", Assert.Throws<InternalException>(() => LlvmCompiler.Compile(LlvmRunner.ProgramOf(kernel), LlvmTarget.Host)).Code);
    }

    private static Kernel Doubling
    {
        get
        {
            var (x, y) = (new Buffer("x", DType.Float32, [5]), new Buffer("y", DType.Float32, [5]));
            return new Kernel("double", [x], [y], [], For.Of("i", 5, LoopKind.Serial, i => y.Store([i], x[i] + x[i])));
        }
    }
}
