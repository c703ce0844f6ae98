using Google.Protobuf;
using Lathe.Tensors;
using Lathe.Tests.Formats.Onnx;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

/// <summary>Models with open extents, several inputs and unknown ops, from the command line.</summary>
public sealed class OpenExtentsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_shared_extent_is_given_once()
    {
        string path = Save(new TestModel().Input("a", "n", 4).Input("b", "n", 4).Node("Add", "a b", "c").Output("c"));
        Assert.Equal(2, LatheCommand.Run("inspect", path, "--target", "managed").Error.Split("note: ").Length - 1);
        var given = LatheCommand.Run("inspect", path, "--input-shapes", "a:[5,4]", "--target", "managed");
        Assert.Equal("", given.Error);
        Assert.Contains("output  c  f32[5,4]", given.Out);
    }

    [Fact]
    public void A_model_that_needs_larger_extents_than_1_says_what_to_give()
    {
        string path = Save(new TestModel().Input("x", 1, 1, "h", "w").Floats("w0", [1, 1, 3, 3], new float[9]).Node("Conv", "x w0", "y").Output("y"));
        foreach (string verb in new[] { "inspect", "run" })
            LatheCommand.Run(verb, path, "--target", "managed").AssertError(3, "LATHE2013", "--input-shapes \"x:[...]\"");
        Assert.Equal(0, LatheCommand.Run("run", path, "--input-shapes", "x:[1,1,8,8]", "--target", "managed").ExitCode);
    }

    [Fact]
    public void Some_inputs_may_be_given_and_the_rest_is_filled()
    {
        string path = Save(new TestModel().Input("a", "n", 2).Input("b", "n", 2).Node("Sub", "a b", "c").Output("c"));
        NpzFile.Write(_folder["in.npz"], [new("a", Tensor.Of<float>([3, 2], 1, 2, 3, 4, 5, 6))]);
        var run = LatheCommand.Run("run", path, "-i", _folder["in.npz"], "-o", _folder["out.npz"], "--fill-mode", "ones", "--target", "managed");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("note: input 'b' f32[3,2] is not given and is filled with ones (--fill-mode)\n", run.Error);
        Assert.Equal([0, 1, 2, 3, 4, 5], NpzFile.Read(_folder["out.npz"])["c"].ToDoubleArray());
    }

    [Fact]
    public void All_ops_that_are_not_supported_are_named_at_once()
    {
        string path = Save(new TestModel().Input("x", 1, 4).Node("Foo", "x", "y").Node("Bar", "x", "z").Output("y").Output("z"));
        var run = LatheCommand.Run("run", path, "--target", "managed");
        run.AssertError(4, "LATHE3050", "(Foo, opset 17)");
        Assert.Contains("(Bar, opset 17)", run.Error);
        Assert.Contains("\nnext: ", run.Error);
    }

    private string Save(TestModel model)
    {
        File.WriteAllBytes(_folder["model.onnx"], model.Proto.ToByteArray());
        return _folder["model.onnx"];
    }
}
