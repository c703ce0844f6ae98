using System.Globalization;
using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>
/// Whole random networks give the values of the evaluator in double precision, run after run: on one thread and on several, and with kernels for processors of small caches,
/// which take the methods that only large layers take elsewhere. With LATHE_LONG=1 each network goes through all of these, and LATHE_SEEDS=FROM..TO names others.
/// </summary>
public class RandomNetworkTests
{
    private const double Tolerance = 1e-4;
    private const int Blocks = 4, Together = 5;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("LATHE_LONG") == "1";

    private static readonly (string Name, int Threads, Func<MachineFacts, MachineFacts> Change)[] Processors =
    [
        ("as it is", 1, m => m),
        ("as it is", 2, m => m),
        ("as it is", 3, m => m),
        ("tiny caches", 1, m => m with { L1Bytes = 4 << 10, L2Bytes = 16 << 10, L3Bytes = 1 << 20 }),
        ("tiny caches", 2, m => m with { L1Bytes = 4 << 10, L2Bytes = 16 << 10, L3Bytes = 1 << 20 }),
        ("a small second level", 1, m => m with { L2Bytes = 64 << 10, L1Ways = 12 }),
        ("short vectors", 3, m => m with { VectorBytes = 16, VectorRegisters = 16, L1Bytes = 8 << 10, L2Bytes = 32 << 10 }),
        ("vectors of eight", 2, m => m with { VectorBytes = 32, VectorRegisters = 16, L2Bytes = 128 << 10 }),
    ];

    public static TheoryData<int> Starts => [.. Enumerable.Range(0, Blocks)];

    [LlvmTheory]
    [MemberData(nameof(Starts))]
    public void Native_networks_give_the_evaluated_values(int start)
    {
        foreach (int seed in Seeds(start))
            foreach (var processor in IsLong ? Processors : [Processors[seed % Processors.Length]])
                Check(seed, $"native, {processor.Name}, {processor.Threads} threads", processor.Threads, graph => Native(graph, processor.Threads, processor.Change));
    }

    [Theory]
    [MemberData(nameof(Starts))]
    public void Managed_networks_give_the_evaluated_values(int start)
    {
        foreach (int seed in Seeds(start).Where(s => IsLong || s % 2 == 0))
        {
            int threads = 1 + (seed / 2 % 3);
            Check(seed, $"managed, {threads} threads", threads, graph => new Compiler(new(Compiled.Managed, threads), new()).Load(graph));
            if (IsLong || seed % 8 == 0)
                Check(seed, "managed, bounds checked", threads, graph => Compiled.Load(graph, new(Compiled.Managed, threads)));
        }
    }

    /// <summary>What two tasks of a parallel loop store alike must be the same bits from either, and neither may read what the other has stored.</summary>
    [LlvmTheory]
    [MemberData(nameof(Starts))]
    public void The_order_of_tasks_does_not_matter(int start)
    {
        foreach (int seed in Seeds(start))
        {
            var graph = RandomNetwork.Of(seed);
            var inputs = Compiled.RandomInputs(graph, seed);
            var (name, _, change) = Processors[seed % Processors.Length];
            var machine = change(Compiled.Native.Machine(2 + (seed % 2)));
            var forwards = Compiled.RunInOrder(graph, inputs, machine, backwards: false);
            var backwards = Compiled.RunInOrder(graph, inputs, machine, backwards: true);
            foreach (var (output, tensor) in forwards)
                Assert.True(
                    tensor.Bytes.Span.SequenceEqual(backwards[output].Bytes.Span),
                    $"seed {seed}, {name}: {output} is another: {TensorComparison.Of(backwards[output], tensor, 0, 0)}\n{GraphText.Print(graph)}");
        }
    }

    private static IEnumerable<int> Seeds(int start)
    {
        if (Environment.GetEnvironmentVariable("LATHE_SEEDS")?.Split("..") is [var from, var to])
            return Enumerable.Range(int.Parse(from, CultureInfo.InvariantCulture), int.Parse(to, CultureInfo.InvariantCulture) - int.Parse(from, CultureInfo.InvariantCulture)).Where(s => s % Blocks == start);
        return Enumerable.Range(start * Together, Together);
    }

    private static Model Native(Graph graph, int threads, Func<MachineFacts, MachineFacts> change)
    {
        var compiler = new Compiler(new(Compiled.Native, threads), new());
        var lowered = new GraphLowering(change(Compiled.Native.Machine(threads))).Lower(compiler.Optimize(graph));
        var program = LoopPipeline.Run(lowered, Compiled.Native);
        return new(
            ProgramInfo.Of(program.Program, Compiled.Native, ""), Compiler.CodeOf(program.Program, Compiled.Native),
            ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));
    }

    /// <summary>Runs a network on an input, on another, and on the first again, which must give the same bits.</summary>
    private static void Check(int seed, string how, int threads, Func<Graph, Model> load)
    {
        var graph = RandomNetwork.Of(seed);
        try
        {
            var inputs = Compiled.RandomInputs(graph, seed);
            using var model = load(graph);
            using var session = new Session(model, threads);
            var first = Copies(session.Run(inputs));
            session.Run(Compiled.RandomInputs(graph, seed + 1));
            var again = session.Run(inputs);
            Compiled.AssertClose(Compiled.Exact(graph, inputs), first, Tolerance, Tolerance);
            foreach (var (name, tensor) in first)
                Assert.True(tensor.Bytes.Span.SequenceEqual(again[name].Bytes.Span), $"{name} is another the next time: {TensorComparison.Of(again[name], tensor, 0, 0)}");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}, {how}: {e.Message}\n{GraphText.Print(graph)}", e);
        }
    }

    private static Dictionary<string, Tensor> Copies(IReadOnlyDictionary<string, Tensor> tensors) =>
        tensors.ToDictionary(t => t.Key, t => new Tensor(t.Value.Type, t.Value.Shape, t.Value.Bytes.ToArray()));
}
