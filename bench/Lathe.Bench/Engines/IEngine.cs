using Lathe.Bench.Models;

namespace Lathe.Bench.Engines;

/// <summary>Something that runs ONNX models, as its users would set it up.</summary>
internal interface IEngine : IDisposable
{
    string Name { get; }

    string Version { get; }

    /// <summary>Makes a model ready to run on its inputs with so many threads. All that is done once per model happens here.</summary>
    ILoadedModel Load(BenchModel model, int threads);
}
