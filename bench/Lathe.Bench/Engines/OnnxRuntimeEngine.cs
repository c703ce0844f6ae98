using Lathe.Bench.Models;
using Lathe.Peers;
using Lathe.Tensors;

namespace Lathe.Bench.Engines;

/// <summary>The peer: ONNX Runtime on the CPU with its defaults and all graph optimizations.</summary>
internal sealed class OnnxRuntimeEngine(OnnxRuntime runtime) : IEngine
{
    public string Name => "ONNX Runtime";

    public string Version => runtime.Version;

    public ILoadedModel Load(BenchModel model, int threads)
    {
        var session = runtime.Load(model.Onnx, threads);
        try
        {
            return new Loaded(session, session.Bind(model.Inputs));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public void Dispose() => runtime.Dispose();

    private sealed class Loaded(OnnxRuntimeSession session, OnnxRuntimeCall call) : ILoadedModel
    {
        public IReadOnlyDictionary<string, Tensor> Outputs => call.Outputs;

        public void Run() => call.Run();

        public void Dispose()
        {
            call.Dispose();
            session.Dispose();
        }
    }
}
