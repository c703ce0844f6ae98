using System.Text.Json;
using Google.Protobuf;
using Lathe.Compilation;
using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class VerifyVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Counts_cases_that_pass_and_fail()
    {
        Record("good", 0);
        var good = LatheCommand.Run("verify", _folder.Path, "--target", "managed");
        Assert.Equal((0, "1 passed, 0 failed, 0 skipped\n"), (good.ExitCode, good.Out));

        Record("bad", 0.5f);
        var both = LatheCommand.Run("verify", _folder.Path, "--target", "managed", "--json", _folder["report.json"]);
        Assert.Equal(1, both.ExitCode);
        Assert.EndsWith("1 passed, 1 failed, 0 skipped\n", both.Out);
        Assert.StartsWith("FAIL  bad  output 'probabilities': ", both.Out);
        var report = JsonDocument.Parse(File.ReadAllText(_folder["report.json"])).RootElement;
        Assert.Equal((1, 1), (report.GetProperty("passed").GetInt32(), report.GetProperty("failed").GetInt32()));

        Assert.Equal(0, LatheCommand.Run("verify", _folder["bad"], "--target", "managed", "--atol", "1").ExitCode);
    }

    [Fact]
    public void Values_may_be_recorded_as_archives_under_their_names()
    {
        Record("good", 0);
        string set = _folder["good/test_data_set_0"];
        NpzFile.Write(Path.Combine(set, "inputs.npz"), new OrderedDictionary<string, Tensor> { ["image"] = OnnxTestData.Read(Path.Combine(set, "input_0.pb")) });
        NpzFile.Write(Path.Combine(set, "outputs.npz"), new OrderedDictionary<string, Tensor> { ["probabilities"] = OnnxTestData.Read(Path.Combine(set, "output_0.pb")) });
        File.Delete(Path.Combine(set, "input_0.pb"));
        File.Delete(Path.Combine(set, "output_0.pb"));
        Assert.Equal("1 passed, 0 failed, 0 skipped\n", LatheCommand.Run("verify", _folder.Path, "--target", "managed").Out);

        NpzFile.Write(Path.Combine(set, "outputs.npz"), new OrderedDictionary<string, Tensor> { ["classes"] = Tensor.Scalar(1f) });
        Assert.Contains("records 'classes', and the model has no such output", LatheCommand.Run("verify", _folder.Path, "--target", "managed").Out);
    }

    [Fact]
    public void Folders_without_cases_are_errors()
    {
        LatheCommand.Run("verify", _folder["none"]).AssertError(3, "LATHE5100", "there is no folder");
        LatheCommand.Run("verify", _folder.Path).AssertError(3, "LATHE5101", "holds no case");
        LatheCommand.Run("verify").AssertError(2, "LATHE7002", "PATH");
        LatheCommand.Run("verify", _folder.Path, "--rtol", "-1").AssertError(2, "LATHE7002", "--rtol");
    }

    /// <summary>A case of the MNIST network, its first recorded output off by <paramref name="error"/>.</summary>
    private void Record(string name, float error)
    {
        string set = Directory.CreateDirectory(_folder[$"{name}/test_data_set_0"]).FullName;
        File.Copy(LatheCommand.Mnist, _folder[$"{name}/model.onnx"]);
        var image = Tensor.Zeros(DType.Float32, [1, 1, 28, 28]);
        image.Span<float>()[400] = 1;
        using var model = ModelLoader.LoadOrCompile(LatheCommand.Mnist, new CompileOptions(new Target.Managed(), 1));
        using var session = new Session(model, 1);
        var output = session.Run(new Dictionary<string, Tensor> { ["image"] = image })["probabilities"];
        output.Span<float>()[0] += error;
        Write(Path.Combine(set, "input_0.pb"), image);
        Write(Path.Combine(set, "output_0.pb"), output);
    }

    private static void Write(string path, Tensor tensor)
    {
        var proto = new TensorProto { DataType = (int)TensorProto.Types.DataType.Float, RawData = ByteString.CopyFrom(tensor.Bytes.Span) };
        proto.Dims.AddRange(tensor.Shape.ToArray());
        using var file = File.Create(path);
        proto.WriteTo(file);
    }
}
