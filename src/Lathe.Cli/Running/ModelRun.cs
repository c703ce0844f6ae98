using Lathe.Cli.Inspection;
using Lathe.Cli.Profiling;
using Lathe.Compilation;
using Lathe.Formats;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>Does what a <see cref="RunRequest"/> asks for.</summary>
internal static class ModelRun
{
    /// <summary>Profiles are the mean of so many runs, unless more are asked for.</summary>
    private const int ProfileRuns = 10;

    public static RunReport Do(RunRequest request, Terminal terminal)
    {
        var labels = request.LabelFile is { } file ? Labels.Read(file) : Labels.None;
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
        var profile = request.Profile || request.ProfilePage is not null ? ProfileOf(session, Math.Max(ProfileRuns, request.Repeat * request.Number), terminal) : null;
        if (profile is not null && request.ProfilePage is { } page)
            ProfilePage.Write(page, Path.GetFileName(request.Path), model.Info.Target, profile);
        terminal.EndProgress();
        var classes = request.Picture is not null && ScoresOf(outputs, labels) is { } scores ? TopClasses.Probabilities(scores, request.Top, labels) : null;
        bool wantsTop = request.PrintTop > 0 && outputs.Count > 0;
        return new(
            request.Path, model.Info.Target, session.Threads,
            [.. outputs.Select(o => OutputSummary.Of(o.Key, o.Value))],
            classes,
            wantsTop ? TopClasses.Of(outputs.GetAt(0).Value, request.PrintTop, labels) : null,
            wantsTop ? outputs.GetAt(0).Key : null,
            times, profile, request.OutputFile, request.ProfilePage);
    }

    private static RunProfile ProfileOf(Session session, int runs, Terminal terminal)
    {
        var steps = session.Profile(runs);
        return RunProfile.Of(session.Info, steps, KnownPeaks.Of(session.Threads, terminal));
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

    /// <summary>The output with a score for each class: as long as the labels, else the first one.</summary>
    private static Tensor? ScoresOf(OrderedDictionary<string, Tensor> outputs, Labels labels) =>
        outputs.Values.FirstOrDefault(t => labels.Count > 1 && t.Count == labels.Count) ?? outputs.Values.FirstOrDefault(t => t.Count > 0);
}
