using Lathe.Bench.Models;
using Lathe.Peers;
using Lathe.Tensors;

namespace Lathe.Tests.Bench;

public class OnnxRuntimeTests
{
    [OnnxRuntimeFact]
    public void A_model_runs_and_describes_its_values()
    {
        using var runtime = new OnnxRuntime();
        var model = BenchModels.Build("mnist");
        using var session = runtime.Load(model.Onnx);

        Assert.Equal([new PeerValue("image", DType.Float32, Shape.Of(1, 1, 28, 28))], session.Inputs);
        Assert.Equal([new PeerValue("output", DType.Float32, Shape.Of(1, 10))], session.Outputs);
        Assert.Equal(1, session.Run(model.Inputs)["output"].ToDoubleArray().Sum(), 1e-5);
    }

    [OnnxRuntimeFact]
    public void A_broken_model_is_an_error_in_the_runtimes_words()
    {
        using var runtime = new OnnxRuntime();

        Assert.Contains("ONNX Runtime:", Assert.Throws<OnnxRuntimeException>(() => runtime.Load([1, 2, 3])).Message, StringComparison.Ordinal);
    }

    [OnnxRuntimeFact]
    public void A_wrong_input_name_is_an_error_that_lists_the_right_ones()
    {
        using var runtime = new OnnxRuntime();
        using var session = runtime.Load(BenchModels.Build("mnist").Onnx);

        var error = Assert.Throws<OnnxRuntimeException>(() => session.Run(new Dictionary<string, Tensor> { ["picture"] = Tensor.Scalar(1f) }));
        Assert.Contains("image", error.Message, StringComparison.Ordinal);
    }
}
