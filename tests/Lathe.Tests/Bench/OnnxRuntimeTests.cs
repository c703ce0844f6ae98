using Lathe.Bench.Models;
using Lathe.Peers;
using Lathe.Tensors;

namespace Lathe.Tests.Bench;

/// <summary>These need ONNX Runtime (eng/fetch.sh --bench) and pass without a check where it is not there.</summary>
public class OnnxRuntimeTests
{
    [Fact]
    public void A_model_runs_and_describes_its_values()
    {
        if (OnnxRuntimeLibrary.Find() is not { } path)
            return;
        using var runtime = new OnnxRuntime(path);
        var model = BenchModels.Build("mnist");
        using var session = runtime.Load(model.Onnx);

        Assert.Equal([new PeerValue("image", DType.Float32, Shape.Of(1, 1, 28, 28))], session.Inputs);
        Assert.Equal([new PeerValue("output", DType.Float32, Shape.Of(1, 10))], session.Outputs);
        Assert.Equal(1, session.Run(model.Inputs)["output"].ToDoubleArray().Sum(), 1e-5);
    }

    [Fact]
    public void A_broken_model_is_an_error_in_the_runtimes_words()
    {
        if (OnnxRuntimeLibrary.Find() is not { } path)
            return;
        using var runtime = new OnnxRuntime(path);

        Assert.Contains("ONNX Runtime:", Assert.Throws<OnnxRuntimeException>(() => runtime.Load([1, 2, 3])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_input_name_is_an_error_that_lists_the_right_ones()
    {
        if (OnnxRuntimeLibrary.Find() is not { } path)
            return;
        using var runtime = new OnnxRuntime(path);
        using var session = runtime.Load(BenchModels.Build("mnist").Onnx);

        var error = Assert.Throws<OnnxRuntimeException>(() => session.Run(new Dictionary<string, Tensor> { ["picture"] = Tensor.Scalar(1f) }));
        Assert.Contains("image", error.Message, StringComparison.Ordinal);
    }
}
