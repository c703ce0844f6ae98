using System.Diagnostics;
using System.Globalization;
using Lathe.Bench.Measuring;
using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Tuning;
using Lathe.Formats.Onnx;

namespace Lathe.Bench.Sweeping;

/// <summary>
/// Holds the tuner's cost models against recorded measurements: how well each orders schedules that it has not seen, of tasks of which it has seen
/// others and of tasks of which it has seen none.
/// </summary>
internal static class RankingJudge
{
    private const int FewestSamples = 12;
    private const int Top = 4;
    private const int Parts = 4;

    private sealed record Sample(int Task, float[] Features, double Ratio);

    public static void Run(IReadOnlyList<string> models, int threads, string records, TextWriter output)
    {
        var options = new CompileOptions(Target.Parse(null), threads);
        string machine = TuningMachine.Of(options.Target, threads);
        var known = RecordsFile.Read(records).Records.Where(r => r.Machine == machine).ToLookup(r => r.Hash);
        var tasks = models.Select(m => File.Exists(m) ? File.ReadAllBytes(m) : BenchModels.Build(m).Onnx)
            .Select(m => new TunableModel(new Compiler(options, new PassLog()).Optimize(OnnxImporter.Import(m)), options))
            .SelectMany(m => m.Tasks.Select(t => (Task: t, m.Generators, Lanes: m.Machine.Lanes(Tensors.DType.Float32))))
            .DistinctBy(t => t.Task.Workload.Hash)
            .Where(t => known[t.Task.Workload.Hash].Any())
            .ToList();
        if (tasks.Count < 2)
            throw new ModelException("LATHE7905", $"'{records}' has records of {tasks.Count} tasks of {string.Join(", ", models)} on {machine}", "tune one of them first, with as many threads");
        var features = new ScheduleFeatures(tasks.Select(t => t.Task), tasks[0].Lanes);
        List<Sample> samples = [.. tasks.SelectMany((t, i) => ScheduleChoices.Known(known[t.Task.Workload.Hash], t.Task.Default, t.Generators.VersionOf)
            .Where(k => k.Ratio > 0)
            .Select(k => new Sample(i, features.Of(t.Task, k.Schedule), k.Ratio)))];
        output.WriteLine($"{samples.Count} schedules of {tasks.Count} tasks, {threads} thread{(threads == 1 ? "" : "s")}");
        output.WriteLine("                 |  tasks seen before           |  tasks not seen              | learning");
        output.WriteLine($"                 |  pairs right  best of top {Top}  |  pairs right  best of top {Top}  | ms");
        using var xgboost = XgBoost.TryCreate();
        foreach (var model in new ICostModel?[] { new BoostedTrees(), xgboost }.OfType<ICostModel>())
        {
            var watch = Stopwatch.StartNew();
            model.Train([.. samples.Select(s => s.Features)], [.. samples.Select(Cost)]);
            double learning = watch.Elapsed.TotalMilliseconds;
            var random = new Random(1);
            int[] part = [.. samples.Select(_ => random.Next(Parts))];
            var seen = Enumerable.Range(0, Parts).SelectMany(p => Judge(model, samples.Where((_, i) => part[i] != p), samples.Where((_, i) => part[i] == p))).ToList();
            var unseen = Enumerable.Range(0, tasks.Count).SelectMany(t => Judge(model, samples.Where(s => s.Task != t), samples.Where(s => s.Task == t))).ToList();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Name,-16} |  {Text(seen)}  |  {Text(unseen)}  | {learning:F0}"));
        }
    }

    /// <summary>For each task with enough samples: the share of pairs in the right order, and how many times the best time the best of the first takes.</summary>
    private static IEnumerable<(double Pairs, double Regret)> Judge(ICostModel model, IEnumerable<Sample> learned, IEnumerable<Sample> asked)
    {
        List<Sample> rows = [.. learned];
        model.Train([.. rows.Select(s => s.Features)], [.. rows.Select(Cost)]);
        foreach (var task in asked.GroupBy(s => s.Task).Where(g => g.Count() >= FewestSamples))
        {
            Sample[] others = [.. task];
            float[] predicted = model.Predict([.. others.Select(s => s.Features)]);
            double right = 0, pairs = 0;
            for (int i = 0; i < others.Length; i++)
                for (int j = 0; j < i; j++)
                {
                    if (Math.Abs(Math.Log(others[i].Ratio / others[j].Ratio)) < 0.02)
                        continue;
                    pairs++;
                    right += predicted[i] == predicted[j] ? 0.5 : predicted[i] < predicted[j] == others[i].Ratio < others[j].Ratio ? 1 : 0;
                }
            double first = others.Zip(predicted).OrderBy(p => p.Second).Take(Top).Min(p => p.First.Ratio);
            if (pairs > 0)
                yield return (right / pairs, first / others.Min(s => s.Ratio));
        }
    }

    private static float Cost(Sample sample) => (float)Math.Clamp(Math.Log(sample.Ratio), -1.5, 1.5);

    private static string Text(IReadOnlyList<(double Pairs, double Regret)> judged) => string.Create(
        CultureInfo.InvariantCulture, $"{100 * judged.Average(j => j.Pairs),9:F1} %  {judged.Average(j => j.Regret),11:F3} x  ");
}
