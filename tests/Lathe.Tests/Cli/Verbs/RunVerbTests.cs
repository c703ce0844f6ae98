using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Lathe.Cli;
using Lathe.Compilation;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Cli.Images;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class RunVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Targets => LlvmLibrary.IsAvailable ? ["managed", "native"] : ["managed"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Targets))]
    public void Arrays_go_in_and_outputs_come_out_under_the_models_names(string target)
    {
        var image = Image();
        NpzFile.Write(_folder["in.npz"], [new("image", image)]);
        var run = LatheCommand.Run("run", LatheCommand.Mnist, "-i", _folder["in.npz"], "-o", _folder["out.npz"], "--target", target);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"1 output saved to {_folder["out.npz"]}", run.Out);

        var outputs = NpzFile.Read(_folder["out.npz"]);
        using var model = ModelLoader.LoadOrCompile(LatheCommand.Mnist, new CompileOptions(new Target.Managed(), 1));
        using var session = new Session(model, 1);
        var expected = session.Run(new Dictionary<string, Tensor> { ["image"] = image })["probabilities"];
        Assert.Equal(["probabilities"], outputs.Keys);
        var comparison = TensorComparison.Of(outputs["probabilities"], expected, 1e-4, 1e-6);
        Assert.True(comparison.Matches, comparison.ToString());
        Assert.Equal(1, expected.ToDoubleArray().Sum(), 1e-5);
    }

    [Fact]
    public void Open_extents_follow_the_arrays()
    {
        NpzFile.Write(_folder["in.npz"], [new("image", Tensor.Zeros(DType.Float32, [3, 1, 28, 28]))]);
        Assert.Equal(0, LatheCommand.Run("run", LatheCommand.Mnist, "-i", _folder["in.npz"], "-o", _folder["out.npz"], "--target", "managed").ExitCode);
        Assert.Equal(Shape.Of(3, 10), NpzFile.Read(_folder["out.npz"])["probabilities"].Shape);
    }

    [Fact]
    public void What_is_not_given_is_filled_and_said()
    {
        foreach (string mode in new[] { "random", "ones", "zeros" })
        {
            var run = LatheCommand.Run("run", LatheCommand.Mnist, "--fill-mode", mode, "-o", _folder[$"{mode}.npz"], "--target", "managed");
            Assert.StartsWith($"note: input 'image' f32[1,1,28,28] is not given and is filled with {(mode == "random" ? "random numbers" : mode)}", run.Error);
        }
        byte[] random = File.ReadAllBytes(_folder["random.npz"]);
        Assert.NotEqual(random, File.ReadAllBytes(_folder["ones.npz"]));
        LatheCommand.Run("run", LatheCommand.Mnist, "-o", _folder["again.npz"], "--target", "managed");
        Assert.Equal(random, File.ReadAllBytes(_folder["again.npz"]));
    }

    [Fact]
    public void Times_are_printed_as_tvm_prints_them()
    {
        string[] lines = LatheCommand.Run("run", LatheCommand.Mnist, "--print-time", "--repeat", "3", "--number", "2", "--target", "managed").Out.Split('\n');
        Assert.Equal("Execution time summary:", lines[0]);
        Assert.Equal(" mean (ms)   median (ms)    max (ms)     min (ms)     std (ms)  ", lines[1]);
        Assert.Equal(64, lines[2].Length);
        double[] times = [.. lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(double.Parse)];
        Assert.Equal(5, times.Length);
        Assert.True(times[3] <= times[1] && times[1] <= times[2] && times[3] > 0);
        Assert.All(lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries), n => Assert.Matches(@"^\d+\.\d{4}$", n));
    }

    [Fact]
    public void A_profile_names_the_models_layers()
    {
        var run = LatheCommand.Run("run", LatheCommand.Mnist, "--profile", "--target", "managed", "--threads", "1");
        Assert.Contains("conv2 (", run.Out);
        Assert.Contains("dense2 (", run.Out);
        Assert.Matches(@"all \d+ steps +\d+\.\d{4}  100\.0", run.Out);
    }

    [Fact]
    public void The_greatest_elements_are_printed()
    {
        NpzFile.Write(_folder["in.npz"], [new("image", Image())]);
        string[] lines = LatheCommand.Run("run", LatheCommand.Mnist, "-i", _folder["in.npz"], "--print-top", "3", "--target", "managed").Out.TrimEnd().Split('\n');
        Assert.Equal("the greatest of 'probabilities':", lines[0]);
        Assert.Equal(4, lines.Length);
        double[] values = [.. lines[1..].Select(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]))];
        Assert.Equal(values.OrderDescending(), values);
    }

    /// <summary>A drawn one: black ink would be white here, so the picture is white on black as the model's data is.</summary>
    [Theory]
    [InlineData("one\ntwo")]
    [InlineData("[\"zero\", \"one\", \"two\"]")]
    [InlineData("{\"0\": \"zero\", \"1\": [\"n1\", \"one\"]}")]
    public void A_picture_is_classified(string labels)
    {
        var pixels = new byte[28 * 28];
        for (int y = 5; y < 23; y++)
            for (int x = 13; x < 16; x++)
                pixels[(28 * y) + x] = 255;
        File.WriteAllBytes(_folder["one.png"], PngWriter.Write(28, 28, 8, PngWriter.Gray, pixels));
        File.WriteAllText(_folder["labels"], labels.StartsWith("one", StringComparison.Ordinal) ? "zero\none\r\ntwo\n" : labels);
        var run = LatheCommand.Run("run", LatheCommand.Mnist, "--image", _folder["one.png"], "--labels", _folder["labels"], "--top", "3", "--scale", "0.00392156862745098", "--target", "managed");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        string[] lines = run.Out.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^class='one' with probability=[01]\.\d{6}$", lines[0]);
        Assert.All(lines[1..], l => Assert.Matches(@"^class='\w+' with probability=[01]\.\d{6}$", l));
    }

    [Fact]
    public void Json_holds_times_outputs_and_classes()
    {
        var root = JsonDocument.Parse(LatheCommand.Run("run", LatheCommand.Mnist, "--json", "--print-time", "--print-top", "2", "--target", "managed").Out).RootElement;
        Assert.Equal("managed", root.GetProperty("target").GetString());
        Assert.Equal("f32[1,10]", root.GetProperty("outputs")[0].GetProperty("type").GetString());
        Assert.Equal(0.1, root.GetProperty("outputs")[0].GetProperty("mean").GetDouble(), 1e-6);
        Assert.True(root.GetProperty("times").GetProperty("median").GetDouble() > 0);
        Assert.Equal(2, root.GetProperty("top").GetArrayLength());
    }

    [Fact]
    public void Wrong_arrays_are_explained()
    {
        NpzFile.Write(_folder["name.npz"], [new("imag", Image())]);
        Run("name.npz").AssertError(3, "LATHE7010", "next: did you mean 'image'? its inputs are: image");
        NpzFile.Write(_folder["type.npz"], [new("image", Tensor.Zeros(DType.Float64, [1, 1, 28, 28]))]);
        Run("type.npz").AssertError(3, "LATHE6004", "f64[1,1,28,28]");
        NpzFile.Write(_folder["shape.npz"], [new("image", Tensor.Zeros(DType.Float32, [1, 1, 28, 27]))]);
        Run("shape.npz").AssertError(3, "LATHE3004", "axis 3 of the input 'image'");
        NpzFile.Write(_folder["rank.npz"], [new("image", Tensor.Zeros(DType.Float32, [28, 28]))]);
        Run("rank.npz").AssertError(3, "LATHE3003", "4 axes");
        byte[] bytes = File.ReadAllBytes(_folder["shape.npz"]);
        File.WriteAllBytes(_folder["half.npz"], bytes[..(bytes.Length / 2)]);
        Run("half.npz").AssertError(3, "LATHE1201", "half.npz");
        Run("none.npz").AssertError(3, "LATHE1401", "there is no such file");

        LatheCommand Run(string file) => LatheCommand.Run("run", LatheCommand.Mnist, "-i", _folder[file], "--target", "managed");
    }

    [Fact]
    public void Wrong_pictures_labels_and_places_are_explained()
    {
        LatheCommand.Run("run", LatheCommand.Mnist, "--image", LatheCommand.Mnist, "--target", "managed").AssertError(3, "LATHE7101", "neither a JPEG nor a PNG");
        File.WriteAllText(_folder["bad.json"], "{\"x\": ");
        LatheCommand.Run("run", LatheCommand.Mnist, "--labels", _folder["bad.json"], "--target", "managed").AssertError(3, "LATHE7011", "next: labels are one a line");
        LatheCommand.Run("run", LatheCommand.Mnist, "-o", _folder.Path, "--target", "managed").AssertError(3, "LATHE1402", "it is a folder");
        LatheCommand.Run("run", LatheCommand.Mnist, "-o", _folder["no/such/out.npz"], "--target", "managed").AssertError(3, "LATHE1402", "cannot write");
    }

    [Theory]
    [InlineData("--repeat", "0")]
    [InlineData("--threads", "-1")]
    [InlineData("--fill-mode", "tens")]
    [InlineData("--resize", "fit")]
    [InlineData("--layout", "CHWN")]
    [InlineData("--mean", "1,a")]
    [InlineData("--top", "x")]
    public void Wrong_options_are_usage_errors(string option, string value) =>
        LatheCommand.Run("run", LatheCommand.Mnist, option, value).AssertError(2, "LATHE7002", option);

    [Fact]
    public void A_target_that_is_none_is_explained() =>
        Assert.Contains("next: ", LatheCommand.Run("run", LatheCommand.Mnist, "--target", "llvm -mcup=zen").Error);

    [LlvmFact]
    public void A_bundle_runs_like_its_model()
    {
        NpzFile.Write(_folder["in.npz"], [new("image", Image())]);
        Assert.Equal(0, LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"]).ExitCode);
        foreach (string path in new[] { LatheCommand.Mnist, _folder["m.tar"] })
            Assert.Equal(0, LatheCommand.Run("run", path, "-i", _folder["in.npz"], "-o", $"{_folder[Path.GetFileName(path)]}.npz", "--target", "native").ExitCode);
        Assert.Equal(File.ReadAllBytes(_folder["mnist.onnx.npz"]), File.ReadAllBytes(_folder["m.tar.npz"]));
    }

    /// <summary>In a process of its own, since the variable is for all code of one.</summary>
    [LlvmFact]
    public void Code_stays_where_profilers_find_its_names()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, "run", LatheCommand.Mnist, "--threads", "1"]) { RedirectStandardOutput = true };
        start.Environment[NativeCode.FolderVariable] = _folder["code"];
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("lathe.kernel.k_", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder["code"])), Encoding.Latin1));
    }

    private static Tensor Image()
    {
        var image = Tensor.Zeros(DType.Float32, [1, 1, 28, 28]);
        var random = new Random(7);
        foreach (ref float pixel in image.Span<float>())
            pixel = random.NextSingle();
        return image;
    }
}
