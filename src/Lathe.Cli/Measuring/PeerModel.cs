using System.Diagnostics;
using Lathe.Peers;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Measuring;

/// <summary>A model loaded in another engine, with the inputs of Lathe's session.</summary>
/// <param name="contender">The engine, ready to run.</param>
/// <param name="owned">What to free afterwards, the last first.</param>
internal sealed class PeerModel(Contender contender, Stack<IDisposable> owned) : IDisposable
{
    public const string OnnxRuntimeName = "onnxruntime", TensorFlowLiteName = "tflite";

    /// <summary>The engines' names on the command line.</summary>
    public static IReadOnlyList<string> Names { get; } = [OnnxRuntimeName, TensorFlowLiteName];

    public Contender Contender => contender;

    /// <summary>
    /// Loads a model's file in the named engine with as many threads as the session has. Throws an <see cref="UnsupportedException"/> where the engine is
    /// not installed or refuses the model.
    /// </summary>
    public static PeerModel Load(string name, string path, Session session)
    {
        var owned = new Stack<IDisposable>();
        try
        {
            return new(name == TensorFlowLiteName ? LoadTfLite(path, session, owned) : LoadOnnxRuntime(path, session, owned), owned);
        }
        catch (Exception e)
        {
            Free(owned);
            if (e is OnnxRuntimeException or TfLiteException)
                throw new UnsupportedException("LATHE7032", e.Message, next: "measure Lathe alone, without --vs");
            throw;
        }
    }

    public void Dispose() => Free(owned);

    private static void Free(Stack<IDisposable> owned)
    {
        while (owned.TryPop(out var item))
            item.Dispose();
    }

    private static T Own<T>(Stack<IDisposable> owned, T item) where T : IDisposable
    {
        owned.Push(item);
        return item;
    }

    private static Contender LoadOnnxRuntime(string path, Session session, Stack<IDisposable> owned)
    {
        long start = Stopwatch.GetTimestamp();
        var runtime = Own(owned, new OnnxRuntime());
        var model = Own(owned, runtime.LoadFile(path, session.Threads));
        var call = Own(owned, model.Bind(session.Info.Inputs.ToDictionary(i => i.Name, i => session.Input(i.Name))));
        return new($"ONNX Runtime {runtime.Version}", Stopwatch.GetElapsedTime(start).TotalMilliseconds, call.Run, () => call.Outputs);
    }

    /// <summary>Inputs and outputs go by their order: TensorFlow Lite's names may repeat.</summary>
    private static Contender LoadTfLite(string path, Session session, Stack<IDisposable> owned)
    {
        long start = Stopwatch.GetTimestamp();
        var library = new TfLite();
        var model = Own(owned, library.Load(InputFile.ReadAllBytes(path), session.Threads, session.Info.Inputs.ToDictionary(i => i.Name, i => i.TensorShape), xnnpack: true));
        foreach (var (i, input) in session.Info.Inputs.Index())
            model.SetInput(i, session.Input(input.Name));
        model.Invoke();
        return new(
            $"TensorFlow Lite {library.Version}{(model.UsesXnnpack ? " with XNNPACK" : "")}", Stopwatch.GetElapsedTime(start).TotalMilliseconds, model.Invoke,
            () => session.Info.Outputs.Index().ToDictionary(o => o.Item.Name, o => model.GetOutput(o.Index)));
    }
}
