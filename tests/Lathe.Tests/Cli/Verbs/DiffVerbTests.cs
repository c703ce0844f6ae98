using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class DiffVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_agrees_with_its_definition_layer_by_layer()
    {
        var run = LatheCommand.Run("diff", LatheCommand.Mnist, "--target", "managed");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("conv1", run.Out);
        Assert.Contains("none out of bounds", run.Out);
    }

    [Fact]
    public void A_bound_that_nothing_keeps_names_a_layer_and_leaves_a_model_of_it()
    {
        var run = LatheCommand.Run("diff", LatheCommand.Mnist, "--target", "managed", "--rtol", "-1", "--repro", _folder["broken"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("<- first out of bounds", run.Out);
        var again = LatheCommand.Run("diff", Path.Combine(_folder["broken"], "layer.onnx"), "-i", Path.Combine(_folder["broken"], "inputs.npz"), "--target", "managed");
        Assert.Equal(0, again.ExitCode);
    }
}
