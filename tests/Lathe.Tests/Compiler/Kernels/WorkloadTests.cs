using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Random models around contractions, compiled for machines of several widths and thread counts, give what the evaluator
/// gives in double precision. The tolerance: sums of at most 1,750 f32 products whose magnitudes add up to sqrt(1750) / 4 = 10 err by some
/// ten units of 2^-24 in partial sums of that size, and two such layers may follow each other.
/// </summary>
public class WorkloadTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Winograd's F(4x4, 3x3) loses about a decimal digit: its transforms multiply by up to 8 in each direction and cancel.</summary>
    private const double WinogradTolerance = 2e-4;

    /// <summary>Vector widths in bytes (0: none) with register counts, as processors have them, and threads.</summary>
    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 32 << 10, 1 << 20), new(16, 16, 2, 32 << 10, 256 << 10), new(32, 16, 5, 32 << 10, 512 << 10), new(64, 32, 1, 48 << 10, 1 << 20),
        new(64, 32, 5, 48 << 10, 1 << 20),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Bounds_checked_kernels_give_the_evaluated_values(int start)
    {
        for (int seed = start * 10; seed < (start + 1) * 10; seed++)
            Check(WorkloadGenerator.Model(seed), seed, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Wide_convolutions_give_the_evaluated_values(int start)
    {
        for (int seed = start * 8; seed < (start + 1) * 8; seed++)
            Check(WorkloadGenerator.WideConvolution(seed), seed, (graph, inputs) => Compiled.Run(graph, inputs, Machines[1 + (seed % 4)]), WinogradTolerance);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Narrow_convolutions_give_the_evaluated_values(int start)
    {
        for (int seed = start * 12; seed < (start + 1) * 12; seed++)
            Check(WorkloadGenerator.NarrowConvolution(seed), seed, (graph, inputs) => Compiled.Run(graph, inputs, Machines[1 + (seed % 4)]));
    }

    [LlvmTheory]
    [InlineData("native", 1)]
    [InlineData("native", 3)]
    [InlineData("llvm -mcpu=x86-64-v3", 2)]
    public void Native_narrow_convolutions_give_the_evaluated_values(string target, int threads)
    {
        var code = LlvmTarget.Parse(target);
        if (!LlvmRunner.RunnableTargets.Any(t => t.Equals(code)))
            return;
        for (int seed = 100 * threads; seed < (100 * threads) + 16; seed++)
            Check(WorkloadGenerator.NarrowConvolution(seed), seed, (graph, inputs) => Compiled.Run(graph, inputs, new Target.Llvm(code), threads));
    }

    [LlvmTheory]
    [InlineData("native", 1)]
    [InlineData("native", 2)]
    [InlineData("native", 5)]
    [InlineData("llvm -mcpu=x86-64", 1)]
    [InlineData("llvm -mcpu=x86-64-v3", 2)]
    public void Native_kernels_give_the_evaluated_values(string target, int threads)
    {
        var code = LlvmTarget.Parse(target);
        if (!LlvmRunner.RunnableTargets.Any(t => t.Equals(code)))
            return;
        foreach (int[] seeds in Enumerable.Range(1000 * threads, 40).Chunk(10))
        {
            Check(WorkloadGenerator.Model(seeds), seeds[0], (graph, inputs) => Compiled.Run(graph, inputs, new Target.Llvm(code), threads));
        }
    }

    private static void Check(
        Graph graph, int seed, Func<Graph, IReadOnlyDictionary<string, Tensor>, IReadOnlyDictionary<string, Tensor>> run, double tolerance = Tolerance)
    {
        var inputs = Compiled.RandomInputs(graph, seed);
        IReadOnlyDictionary<string, Tensor> actual;
        try
        {
            actual = run(graph, inputs);
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{GraphText.Print(graph)}\n{e.Message}", e);
        }
        try
        {
            Compiled.AssertClose(Compiled.Exact(graph, inputs), actual, tolerance, tolerance);
        }
        catch (Xunit.Sdk.XunitException e)
        {
            Assert.Fail($"{e.Message}\n{GraphText.Print(graph)}");
        }
    }
}
