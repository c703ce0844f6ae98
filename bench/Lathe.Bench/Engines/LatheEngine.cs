using System.Reflection;
using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Tuning;
using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Bench.Engines;

/// <summary>Lathe, compiling in memory.</summary>
/// <param name="tuningRecords">A file whose records choose schedules, or null.</param>
internal sealed class LatheEngine(Target target, string? tuningRecords = null) : IEngine
{
    private readonly IReadOnlyList<TuningRecord>? _records = tuningRecords is null ? null : RecordsFile.Read(tuningRecords).Records;

    public string Name => "Lathe";

    public string Version => $"{Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)} ({target.ToString()!.Split(" -mattr=")[0]})";

    public ILoadedModel Load(BenchModel model, int threads) => new Loaded(Open(model, threads));

    /// <summary>A model of any format with random inputs; extents that it leaves open become 1.</summary>
    public ILoadedModel LoadFile(string path, int threads)
    {
        using var compiled = ModelLoader.LoadOrCompile(path, new CompileOptions(target, threads));
        var session = new Session(compiled, threads);
        var random = new RandomTensors(seed: 1);
        foreach (var input in session.Info.Inputs)
            session.SetInput(input.Name, random.Any(input.Element, [.. input.Shape]));
        return new Loaded(session);
    }

    /// <summary>A session with the model's inputs.</summary>
    public Session Open(BenchModel model, int threads)
    {
        var shapes = new InputShapes();
        foreach (var (name, tensor) in model.Inputs)
            shapes.Add(name, tensor.Shape);
        var graph = OnnxImporter.Import(model.Onnx, new ImportOptions { InputShapes = shapes });
        var choices = _records is null ? null : new ScheduleChoices(_records, TuningMachine.Of(target, threads));
        using var compiled = new Compiler(new CompileOptions(target, threads, Choices: choices), PassLog.FromEnvironment()).Load(graph);
        var session = new Session(compiled, threads);
        foreach (var (name, tensor) in model.Inputs)
            session.SetInput(name, tensor);
        return session;
    }

    public void Dispose()
    {
    }

    private sealed class Loaded(Session session) : ILoadedModel
    {
        public IReadOnlyDictionary<string, Tensor> Outputs => session.Info.Outputs.ToDictionary(o => o.Name, o => session.Output(o.Name));

        public void Run() => session.Run();

        public void Dispose() => session.Dispose();
    }
}
