using Lathe.Cli.Inspection;
using Lathe.Cli.Printing;
using Lathe.Cli.Profiling;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>Does what a <see cref="RunRequest"/> asks for.</summary>
internal static class ModelRun
{
    /// <summary>A profile measures the whole run and its steps in turns, so that both meet the same neighbours.</summary>
    private const int ProfileRounds = 5;

    /// <summary>A round of a profile has as many runs as take this time, but not fewer and not more than these, unless more are asked for.</summary>
    private const double RoundMilliseconds = 100;

    private const int FewestRoundRuns = 3, MostRoundRuns = 200;

    public static RunReport Do(RunRequest request, Terminal terminal)
    {
        foreach (string output in new[] { request.OutputFile, request.ProfilePage }.OfType<string>())
            AtomicFile.Check(output);
        var given = request.LabelFile is { } file ? Labels.Read(file) : null;
        var binding = new InputBinding(request, terminal);
        using var model = Load(request, binding, terminal);
        using var session = new Session(model, request.Threads);
        binding.Bind(session);
        terminal.Progress("running");
        session.Run();
        var outputs = new OrderedDictionary<string, Tensor>();
        foreach (var spec in model.Info.Outputs)
            outputs[spec.Name] = new Tensor(spec.Element, spec.TensorShape, session.Output(spec.Name).Bytes.ToArray());
        if (request.OutputFile is { } path)
            NpzFile.Write(path, outputs);
        var times = request.PrintTime ? session.Time(request.Repeat, request.Number) : null;
        var profile = request.Profile || request.ProfilePage is not null ? ProfileOf(session, request.Repeat * request.Number, terminal) : null;
        if (profile is not null && request.ProfilePage is { } page)
            ProfilePage.Write(page, Path.GetFileName(request.Path), model.Info.Target, profile);
        terminal.EndProgress();
        var labels = given ?? ClassNames(binding.Info, outputs);
        var classes = request.Picture is not null && ScoresOf(outputs, labels) is { } scores ? TopClasses.Probabilities(Reals(binding.Info, scores), request.Top, labels, scores.Value.Type.IsFloat ? 0.01 : 0.3) : null;
        bool wantsTop = request.PrintTop > 0 && outputs.Count > 0;
        return new(
            request.Path, model.Info.Target, session.Threads,
            [.. outputs.Select(o => OutputSummary.Of(o.Key, o.Value))],
            classes,
            wantsTop ? TopClasses.Of(outputs.GetAt(0).Value, request.PrintTop, labels) : null,
            wantsTop ? outputs.GetAt(0).Key : null,
            times, profile, request.OutputFile, request.ProfilePage);
    }

    private static RunProfile ProfileOf(Session session, int atLeast, Terminal terminal)
    {
        var machine = KnownPeaks.Of(session.Threads, terminal);
        terminal.Progress("measuring kernel by kernel");
        double once = session.Time(FewestRoundRuns).Median;
        int runs = Math.Max((atLeast + ProfileRounds - 1) / ProfileRounds, (int)Math.Clamp(RoundMilliseconds / Math.Max(once, 1e-4), FewestRoundRuns, MostRoundRuns));
        var rounds = Enumerable.Range(0, ProfileRounds).Select(_ => (Whole: session.Time(runs).Median, Steps: session.Profile(runs))).ToList();
        static double Median(IEnumerable<double> times) => RunTimes.Of(times).Median;
        var steps = rounds[0].Steps.Select((s, i) => s with { Milliseconds = Median(rounds.Select(r => r.Steps[i].Milliseconds)) });
        RunProfile Beside(MachinePeaks peaks) => RunProfile.Of(session.Info, Median(rounds.Select(r => r.Whole)), [.. steps], peaks);
        var profile = Beside(machine);
        if (profile.Surpassing() > 0)
            profile = Beside(KnownPeaks.Raise(machine, terminal));
        if (profile.Surpassing() is > 0 and var count)
            terminal.Note($"{Quantity.Of(count, "kernel is", "kernels are")} faster than the roofline, which was measured while other programs were busy; it is measured again with the next profile");
        if (session.Info is { ParameterBytes: > 0, Steps.Count: > 0 } info && info.Steps.All(s => s.WeightBytes == 0))
            terminal.Note("this bundle was made by a version that did not write down which data are weights, so they are held against too fast a memory; compile it again");
        return profile;
    }

    /// <summary>Loads a bundle, or compiles a model for the inputs that are given.</summary>
    public static Model Load(RunRequest request, InputBinding binding, Terminal terminal)
    {
        terminal.Progress($"loading {request.Path}");
        if (Bundle.IsBundle(request.Path))
        {
            if (request.Target is not null)
                terminal.Note("a bundle runs on the target that it was compiled for; --target is not used");
            if (request.Import.InputShapes.Count > 0)
                terminal.Note("a bundle has the shapes that it was compiled for; --input-shapes is not used");
            if (request.TuningRecords is not null)
                terminal.Note("a bundle has the schedules that it was compiled with; --tuning-records is not used");
            return Model.Load(request.Path);
        }
        var options = request.Options(terminal);
        var info = ModelReader.Describe(request.Path, request.Import);
        var import = binding.ImportOptions(info);
        terminal.Progress($"compiling {request.Path}");
        return OpenExtents.Explain(info, import.InputShapes, () => ModelLoader.LoadOrCompile(request.Path, options, import));
    }

    /// <summary>The names that the model's file holds for the classes of an output.</summary>
    private static Labels ClassNames(ModelFileInfo? info, OrderedDictionary<string, Tensor> outputs) =>
        info?.ClassNames.FirstOrDefault(c => outputs.TryGetValue(c.Key, out var output) && output.Count == c.Value.Count).Value is { } names ? Labels.Of(names) : Labels.None;

    /// <summary>The output with a score for each class: as long as the labels, else the first one.</summary>
    private static KeyValuePair<string, Tensor>? ScoresOf(OrderedDictionary<string, Tensor> outputs, Labels labels) =>
        outputs.Where(o => labels.Count > 1 && o.Value.Count == labels.Count).Concat(outputs.Where(o => o.Value.Count > 0)).Select(o => (KeyValuePair<string, Tensor>?)o).FirstOrDefault();

    /// <summary>An output as the reals that its integers stand for, where the model's file says so.</summary>
    private static Tensor Reals(ModelFileInfo? info, KeyValuePair<string, Tensor> output)
    {
        if (info is null || !info.OutputScales.TryGetValue(output.Key, out var scale))
            return output.Value;
        var reals = Tensor.Zeros(DType.Float64, output.Value.Shape);
        for (long i = 0; i < reals.Count; i++)
            reals.SetDouble(i, scale.Scale * (output.Value.GetInt64(i) - scale.ZeroPoint));
        return reals;
    }
}
