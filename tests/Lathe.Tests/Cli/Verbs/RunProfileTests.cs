using System.Globalization;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Lathe.Cli.Profiling;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Graphs.Cost;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class RunProfileTests : IDisposable
{
    private static readonly MachinePeaks Machine =
        new("A <processor> & more", 1, 100, [new(1 << 20, 80), new(4 << 20, 50), new(64 << 20, 10)]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Figures_agree_with_one_another_and_with_the_model()
    {
        var root = JsonDocument.Parse(LatheCommand.Run("run", LatheCommand.Mnist, "--profile", "--json", "--target", "managed", "--threads", "1").Out).RootElement;
        var profile = root.GetProperty("profile");
        var kernels = profile.GetProperty("kernels").EnumerateArray().ToList();
        double Sum(string name) => kernels.Sum(k => k.GetProperty(name).GetDouble());
        Assert.Equal(100, Sum("sharePercent"), 1e-6);
        foreach (string name in new[] { "milliseconds", "flops", "doneFlops", "bytes", "weightBytes", "leastMilliseconds" })
            Assert.Equal(Sum(name), profile.GetProperty("total").GetProperty(name).GetDouble(), 1e-6);
        Assert.Equal(ModelCost.Of(ModelLoader.Import(LatheCommand.Mnist)).Flops, (long)Sum("flops"));
        Assert.Equal(kernels.Select(k => k.GetProperty("milliseconds").GetDouble()).OrderDescending(), kernels.Select(k => k.GetProperty("milliseconds").GetDouble()));
        var dense = kernels.Single(k => k.GetProperty("computes").GetString()!.StartsWith("dense2 (", StringComparison.Ordinal));
        double seconds = dense.GetProperty("milliseconds").GetDouble() / 1e3;
        Assert.Equal(dense.GetProperty("flops").GetDouble() / seconds / 1e9, dense.GetProperty("gflops").GetDouble(), 1e-6);
        // 500 x 10 weights, 10 biases, 500 inputs and 10 outputs, at least; packed weights may be wider.
        Assert.InRange(dense.GetProperty("bytes").GetInt64(), 4 * (5000 + 10 + 500 + 10), 4 * (16 * 500 + 10 + 500 + 16));
        Assert.InRange(dense.GetProperty("weightBytes").GetInt64(), 4 * (5000 + 10), 4 * ((16 * 500) + 10));
        Assert.Equal(profile.GetProperty("total").GetProperty("weightBytes").GetInt64(), profile.GetProperty("weightBytes").GetInt64());
        Assert.Contains(dense.GetProperty("limit").GetString(), new[] { "arithmetic", "weights", "values" });
        Assert.True(profile.GetProperty("runMilliseconds").GetDouble() > 0);
        Assert.True(profile.GetProperty("machine").GetProperty("gflops").GetDouble() > 0);
    }

    [Fact]
    public void The_table_has_a_column_for_each_figure_and_a_row_for_all()
    {
        var run = LatheCommand.Run("run", LatheCommand.Mnist, "--profile", "--target", "managed", "--threads", "1");
        Assert.Matches(@"^step  computes +ms +% +GFLOP/s +moved +weights  limit +% of roofline\n", run.Out);
        Assert.Matches(@"all \d+ steps +\d+\.\d{4}  100\.0 +[\d.]+[* ] +2\.\d\d MB +2\.\d\d MB +[\d.]+\n", run.Out);
        Assert.Matches(@"roofline: \d+ GFLOP/s on 1 thread; \d+ GB/s for 2\.\d\d MB of weights; \d+ GB/s for values of 64 KB, \d+ of 1 MB\n", run.Out);
        Assert.Matches(@"a run in one go takes \d+\.\d{4} ms\n", run.Out);
    }

    [Fact]
    public void A_long_table_shows_the_longest_kernels_and_the_others_together()
    {
        var steps = Enumerable.Range(0, 1000).Select(i => new StepTime(new($"layer {i}", 1000, i == 900 ? 300 : 1000, 4000, 2000), i / 1000.0)).ToArray();
        var output = new StringWriter();
        ProfileTable.Write(RunProfile.Of(Model(steps), 500, steps, Machine), output);
        string[] lines = output.ToString().Split('\n');
        Assert.StartsWith("layer 999", lines[1][4..].Trim());
        Assert.Matches(@"^ 900  layer 900 .* 0\.0\*  4\.00 KB", lines[100]);
        Assert.Matches(@"^ +900 others +404\.5500 +81\.0 ", lines[101]);
        Assert.Matches(@"^ +all 1,000 steps +499\.5000 +100\.0 ", lines[102]);
        Assert.Contains("* does fewer operations than its layer counts", output.ToString());
    }

    [Fact]
    public void A_page_is_well_formed_and_needs_nothing_else()
    {
        var run = LatheCommand.Run("run", LatheCommand.Mnist, "--profile-html", _folder["p.html"], "--target", "managed", "--threads", "1");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"profile saved to {_folder["p.html"]}", run.Out);
        string text = File.ReadAllText(_folder["p.html"]);
        var page = Parse(text);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href");
        Assert.DoesNotContain("http", text);
        Assert.DoesNotContain("url(", text);
        Assert.Contains("prefers-color-scheme: dark", text);
        Assert.NotEmpty(page.Descendants("polyline"));
        int kernels = page.Descendants("tbody").Single().Elements().Count();
        Assert.Equal(kernels, page.Descendants("i").Count(e => ((string?)e.Attribute("class"))?.StartsWith("least", StringComparison.Ordinal) == true));
        Assert.Equal(kernels, page.Descendants("circle").Count());
        foreach (string explained in new[] { "ms", "GFLOP/s", "moved", "limit", "% of roofline" })
            Assert.Contains(explained, page.Descendants("dt").Select(e => e.Value));
    }

    [Fact]
    public void A_page_that_cannot_be_written_is_told_before_anything_runs()
    {
        var run = LatheCommand.Run("run", "no-such-model.onnx", "--profile-html", _folder["none/p.html"]);
        run.AssertError(3, "LATHE1402", "there is no folder");
    }

    [Fact]
    public void A_page_of_kernels_that_only_move_has_no_drawing()
    {
        StepTime[] steps = [new(new("copy", 0, 0, 4000), 0.1)];
        var page = Parse(ProfilePage.Of("m", "managed", RunProfile.Of(Model(steps), 0.1, steps, Machine)));
        Assert.Empty(page.Descendants("svg"));
        Assert.Single(page.Descendants("tbody").Single().Elements());
    }

    [Fact]
    public void A_page_of_what_takes_no_time_and_knows_no_work_is_well_formed()
    {
        StepTime[] steps = [new(new("nothing"), 0), new(new("asked", 1000, 1000, 1000, 1000), 0)];
        string text = ProfilePage.Of("m", "managed", RunProfile.Of(Model(steps), 0, steps, Machine));
        Assert.Equal(2, Parse(text).Descendants("tbody").Single().Elements().Count());
        Assert.DoesNotContain("NaN", text);
        Assert.DoesNotContain("Infinity", text);
    }

    [Fact]
    public void Names_cannot_break_a_page_and_dots_lie_in_the_drawing()
    {
        StepTime[] steps = [new(new("a/<b>\"&\u0001 (Conv+Add)", 5_000_000, 5_000_000, 1000), 0.05), new(new("idle"), 0), new(new("move", 0, 0, 4000), 1e-3), new(new("slow", 1, 1, 1 << 30, 1 << 20), 40)];
        var profile = RunProfile.Of(Model(steps), 40, steps, Machine);
        var page = Parse(ProfilePage.Of("<x>", "managed", profile));
        Assert.Contains(page.Descendants("td"), e => e.Value == "a/<b>\"&  (Conv+Add)");
        Assert.Equal(2, page.Descendants("circle").Count());
        foreach (var dot in page.Descendants("circle"))
        {
            Assert.InRange(Number(dot, "cx"), 0, 860);
            Assert.InRange(Number(dot, "cy"), 0, 470);
        }

        static double Number(XElement e, string name) => double.Parse(e.Attribute(name)!.Value, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(1000, 80)]
    [InlineData(1 << 20, 80)]
    [InlineData(2 << 20, 63.2455532)] // The middle of 80 and 50 by the logarithms, as 2 MB is that of 1 and 4.
    [InlineData(64 << 20, 10)]
    [InlineData(1L << 40, 10)]
    public void Bandwidth_lies_between_those_measured(long bytes, double expected) => Assert.Equal(expected, Machine.BandwidthAt(bytes), 1e-6);

    [Fact]
    public void Memory_that_is_nearer_is_not_slower() =>
        Assert.Equal(90, (Machine with { Reading = [new(1 << 20, 80), new(4 << 20, 90), new(64 << 20, 10)] }).BandwidthAt(1 << 20), 1e-6);

    [Fact]
    public void Peaks_are_measured_once_for_a_processor_and_a_number_of_threads()
    {
        string path = _folder["deep/er/machine.json"];
        int measured = 0;
        MachinePeaks Get(int threads) => new MachinePeaksFile(path).FindOrAdd(Machine.Processor, threads, () =>
        {
            measured++;
            return Machine with { Threads = threads };
        });
        Assert.Equal(Machine, Get(1));
        Assert.Equal(Machine with { Threads = 2 }, Get(2));
        Assert.Equal(Machine, Get(1));
        Assert.Equal(2, measured);
        foreach (string damaged in new[] { "", "{", "[null]", "[{}]", "[{\"processor\":\"p\",\"threads\":1,\"gflops\":-1,\"reading\":[null]}]" })
        {
            File.WriteAllText(path, damaged);
            Assert.Equal(Machine, Get(1));
        }
        Assert.Equal(7, measured);
    }

    [Fact]
    public void Peaks_that_fewer_threads_surpass_are_measured_again()
    {
        var file = new MachinePeaksFile(_folder["machine.json"]);
        double next = 100;
        MachinePeaks Get(int threads) => file.FindOrAdd(Machine.Processor, threads, () => Machine with { Threads = threads, Gflops = next });
        Get(1);
        next = 90;
        Assert.Equal(90, Get(2).Gflops);
        next = 180;
        Assert.Equal(180, Get(2).Gflops);
        next = 200;
        Assert.Equal(180, Get(2).Gflops);
        Assert.Equal(100, Get(1).Gflops);
    }

    [Fact]
    public void Peaks_that_kernels_surpass_are_raised_and_kept()
    {
        var file = new MachinePeaksFile(_folder["machine.json"]);
        file.FindOrAdd(Machine.Processor, 1, () => Machine);
        var raised = file.Raise(Machine, () => Machine with { Gflops = 150, Reading = [new(1 << 20, 70), new(4 << 20, 60), new(64 << 20, 10)] });
        Assert.Equal(Machine with { Gflops = 150, Reading = [new(1 << 20, 80), new(4 << 20, 60), new(64 << 20, 10)] }, raised);
        Assert.Equal(raised, file.Find(Machine.Processor, 1));
        Assert.Equal(raised, raised.Or(Machine));
    }

    [Fact]
    public void Kernels_that_surpass_the_roofline_tell_that_it_is_too_low()
    {
        StepTime conv = new(new("conv", 150_000_000, 150_000_000, 1000), 1), small = new(new("small", 3_000_000, 3_000_000, 1000), 0.009);
        Assert.Equal(1, RunProfile.Of(Model([conv, small]), 1, [conv, small], Machine).Surpassing());
        Assert.Equal(0, RunProfile.Of(Model([conv, small]), 1, [conv with { Milliseconds = 1.5 }, small], Machine).Surpassing());
        Assert.Equal(0, RunProfile.Of(Model([conv, small]), 1, [conv, small], Machine with { Gflops = 150 }).Surpassing());
        StepTime store = new(new("store", 0, 0, 80_000_000), 1), read = new(new("read", 0, 0, 80_000_000, 80_000_000), 1);
        Assert.Equal(0, RunProfile.Of(Model([store]), 1, [store], Machine).Surpassing());
        Assert.Equal(1, RunProfile.Of(Model([read]), 1, [read], Machine).Surpassing());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Measured_peaks_are_rates(int threads)
    {
        Assert.InRange(FmaPeak.Measure(threads), 0.01, 1e5);
        Assert.InRange(ReadBandwidth.Measure(threads, 1 << 18), 0.01, 1e5);
    }

    [LlvmFact]
    public void A_bundle_has_the_same_work_as_its_model()
    {
        Assert.Equal(0, LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"]).ExitCode);
        using var bundle = Bundle.Open(_folder["m.tar"]);
        using var model = ModelLoader.LoadOrCompile(LatheCommand.Mnist, new CompileOptions(Target.Parse("native")));
        Assert.Equal(model.Info.Steps, bundle.Info.Steps);
        Assert.All(bundle.Info.Steps, s => Assert.True(s.Bytes > 0));
    }

    private static ModelInfo Model(IReadOnlyList<StepTime> steps) => new("m", [], [], steps.Select(s => s.Step).ToEquatableArray(), 1 << 20, 1 << 20, "managed");

    private static XDocument Parse(string page)
    {
        using var reader = XmlReader.Create(new StringReader(page), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}
