using System.Globalization;
using Lathe.Bench.Measuring;
using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;

namespace Lathe.Bench.Sweeping;

/// <summary>
/// Compares the default schedule of each distinct layer with others of its space, so that a model of costs can be judged. All schedules of
/// a layer are steps of one program, several times with weights of their own, so that they take turns and find the caches as a layer of a model
/// does: weights as far away as the model's.
/// </summary>
/// <param name="Samples">How many schedules of a space are measured beside the default.</param>
/// <param name="Layers">Only layers whose description has this text.</param>
/// <param name="Schedules">Measure these instead of a sample.</param>
internal sealed record ScheduleSweep(int Samples, int Threads, string? Layers, IReadOnlyList<Schedule> Schedules)
{
    private const int MostCopies = 16;
    private const int FewestRounds = 5;
    private const int MostRounds = 400;
    private const double LayerSeconds = 1.5;

    public void Run(string model, Target.Llvm target, TextWriter output)
    {
        byte[] onnx = File.Exists(model) ? File.ReadAllBytes(model) : BenchModels.Build(model).Onnx;
        var graph = new Compiler(new CompileOptions(target, Threads), PassLog.FromEnvironment()).Optimize(OnnxImporter.Import(onnx));
        var (groups, materialized, generators) = GroupedGraph.Of(graph, target.Machine(Threads), exact: false);
        var seen = new HashSet<string>();
        long modelBytes = GraphText.LargeConstants(graph).Values.Sum(t => (long)t.Bytes.Length);
        double defaults = 0, bests = 0;
        foreach (var group in groups)
        {
            var space = generators.Space(group).ToList();
            if (group.Anchor is not { Inputs.Length: > 1 } || space.Count < 2)
                continue;
            string layer = Describe(group, materialized);
            if ((Layers is not null && !layer.Contains(Layers, StringComparison.Ordinal)) || !seen.Add(layer))
                continue;
            var standard = generators.Default(group);
            var random = new Random(1);
            List<Schedule> chosen = Schedules.Count > 0 ? [.. Schedules.Where(s => space.Any(o => o.Generator == s.Generator))] : [.. space.Where(s => s != standard).OrderBy(_ => random.Next()).Take(Samples)];
            var schedules = chosen.Prepend(standard).ToList();
            var measured = Measure(() => [.. schedules.Select(s => generators.Lower(group, s))], modelBytes, target);
            double[] times = [.. measured.Select(Statistics.Median)];
            double flops = group.Anchor!.Op.Flops(group.Anchor);
            int best = Enumerable.Range(0, times.Length).MinBy(i => times[i]);
            (defaults, bests) = (defaults + times[0], bests + times[best]);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{layer,-64} {times[0],8:F4} ms {flops / times[0] / 1e6,6:F1} GFLOP/s ({standard}); best {flops / times[best] / 1e6,6:F1} ({schedules[best]}), default is {100 * times[best] / times[0]:F0}% of it"));
            if (Schedules.Count > 0)
                foreach (var (schedule, all) in schedules.Zip(measured).OrderBy(p => Statistics.Median(p.Second)))
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {flops / Statistics.Median(all) / 1e6,6:F1} {Statistics.Median(all),8:F4} ms, tenth {Statistics.BestTenth(all),8:F4}, least {all.Min(),8:F4} {schedule}"));
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model}: defaults {defaults:F3} ms, best {bests:F3} ms, {100 * bests / defaults:F1}%"));
    }

    private static string Describe(Group group, IReadOnlySet<Graphs.Value> materialized)
    {
        var anchor = group.Anchor!;
        string halo = group.Halo is null ? "" : " padded";
        string ops = string.Join("+", GroupNodes.Of(group, materialized).Select(n => n.Op.Name).Where(name => name != "Pad"));
        return $"{ops} {anchor.Inputs[0].Shape} x {anchor.Inputs[1].Shape} -> {anchor.Output.Shape}{halo}";
    }

    /// <summary>Times of each kernel in milliseconds, as many of each.</summary>
    private IReadOnlyList<IReadOnlyList<double>> Measure(Func<IReadOnlyList<LoweredKernel>> lower, long modelBytes, Target.Llvm target)
    {
        var kernels = lower().ToList();
        int count = kernels.Count;
        long far = Math.Min(modelBytes, target.Machine(Threads).L3Bytes * 3 / 2);
        long bytes = Math.Max(1, LayerProgram.Of(kernels).Program.ParameterBytes);
        for (long copies = Math.Min(MostCopies, (far + bytes - 1) / bytes); copies > 1; copies--)
            kernels.AddRange(lower());
        var program = LayerProgram.Of(kernels);
        var code = new JitModule(LlvmCompiler.Compile(program.Program, target.Code));
        using var model = new Model(
            ProgramInfo.Of(program.Program, target, ""),
            new NativeCode(code.Address("lathe_run_steps"), code),
            ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));
        using var session = new Session(model, Threads);
        var random = new RandomTensors(seed: 1);
        foreach (var input in session.Info.Inputs)
            session.SetInput(input.Name, random.Any(input.Element, [.. input.TensorShape.Select(d => d.Value)]));
        double once = session.Profile().Sum(s => s.Milliseconds) / 1000;
        int rounds = (int)Math.Clamp(LayerSeconds / once / 3, FewestRounds, MostRounds);
        var times = Enumerable.Range(0, count).Select(_ => new List<double>()).ToList();
        for (int round = 0; round < rounds; round++)
            foreach (var (step, i) in session.Profile(2).Select((s, i) => (s, i)))
                times[i % count].Add(step.Milliseconds);
        return times;
    }
}
