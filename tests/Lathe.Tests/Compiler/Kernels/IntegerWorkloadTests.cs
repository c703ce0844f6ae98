using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Random quantized models give bit for bit what the evaluator gives, for machines of all widths and with all instructions for products of bytes.</summary>
public class IntegerWorkloadTests
{
    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 32 << 10, 1 << 20), new(16, 16, 2, 32 << 10, 256 << 10), new(32, 16, 5, 32 << 10, 512 << 10), new(64, 32, 1, 48 << 10, 1 << 20),
        new(64, 32, 5, 48 << 10, 1 << 20), new MachineFacts(32, 16, 1, 32 << 10, 512 << 10) with { PacksBytes = true }, new MachineFacts(64, 32, 2, 48 << 10, 1 << 20) with { PacksBytes = true },
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 5)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Bounds_checked_kernels_give_the_evaluated_values(int start)
    {
        for (int seed = start * 8; seed < (start + 1) * 8; seed++)
            Check([seed], (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmTheory]
    [InlineData("native", 1)]
    [InlineData("native", 3)]
    [InlineData("llvm -mcpu=x86-64", 1)]
    [InlineData("llvm -mcpu=haswell", 2)]
    [InlineData("llvm -mcpu=skylake-avx512", 1)]
    [InlineData("llvm -mcpu=icelake-server", 1)]
    [InlineData("llvm -mcpu=icelake-server -mattr=+prefer-256-bit", 1)]
    public void Native_kernels_give_the_evaluated_values(string target, int threads)
    {
        var code = LlvmTarget.Parse(target);
        if (!LlvmRunner.Runs(code))
            return;
        foreach (int[] seeds in Enumerable.Range(1000 * threads, 30).Chunk(30))
            Check(seeds, (graph, inputs) => Compiled.Run(graph, inputs, new Target.Llvm(code), threads));
    }

    private static void Check(int[] seeds, Func<Graph, IReadOnlyDictionary<string, Tensor>, IReadOnlyDictionary<string, Tensor>> run)
    {
        var graph = IntegerWorkloads.Model(seeds);
        var inputs = IntegerWorkloads.Inputs(graph, seeds[0]);
        try
        {
            Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), run(graph, inputs), rtol: 0, atol: 0);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seeds {string.Join(", ", seeds)}: {e.Message}\n{(seeds.Length == 1 ? GraphText.Print(graph) : "")}", e);
        }
    }
}
