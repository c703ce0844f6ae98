using System.CommandLine;
using Lathe.Cli;
using Lathe.Cli.Verbs;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli;

public class CommandLineTests
{
    public static TheoryData<string> Verbs => [.. Names];

    private static IEnumerable<string> Names => CommandLine.Root(new Terminal(TextWriter.Null, TextWriter.Null)).Subcommands.Where(c => !c.Hidden).Select(c => c.Name);

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_has_help_with_an_example(string verb)
    {
        var help = LatheCommand.Run(verb, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Equal("", help.Error);
        Assert.Contains("Options:", help.Out);
        Assert.Contains($"  lathe {verb}", help.Out[help.Out.IndexOf("Example", StringComparison.Ordinal)..]);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Examples_are_understood(string verb)
    {
        var root = CommandLine.Root(new Terminal(TextWriter.Null, TextWriter.Null));
        foreach (string example in ((Verb)root.Subcommands.Single(c => c.Name == verb)).Examples)
            Assert.Empty(root.Parse(example["lathe ".Length..]).Errors);
    }

    [Fact]
    public void Without_a_verb_the_verbs_are_listed()
    {
        var help = LatheCommand.Run();
        Assert.Equal(0, help.ExitCode);
        foreach (string verb in Names)
            Assert.Contains($"  {verb}", help.Out);
    }

    [Theory]
    [InlineData("inspekt", "inspect")]
    [InlineData("dcotor", "doctor")]
    public void An_unknown_verb_suggests_the_nearest(string typed, string meant) =>
        LatheCommand.Run(typed, "model.onnx").AssertError(2, "LATHE7001", $"next: did you mean '{meant}'?");

    [Fact]
    public void A_verb_like_no_other_lists_all() => LatheCommand.Run("zzzzzzzzzz").AssertError(2, "LATHE7001", "next: the verbs are: inspect, ");

    [Fact]
    public void An_unknown_option_suggests_the_nearest() =>
        LatheCommand.Run("inspect", LatheCommand.Mnist, "--input-shape", "image:[1,1,28,28]").AssertError(2, "LATHE7002", "next: did you mean '--input-shapes'?");

    [Fact]
    public void An_unknown_option_before_the_model_is_not_taken_for_it() =>
        LatheCommand.Run("inspect", "--flopps", "tf", LatheCommand.Mnist).AssertError(2, "LATHE7002", "inspect has no option '--flopps'");

    [Fact]
    public void An_extent_too_large_for_64_bits_is_not_taken_for_a_name() =>
        LatheCommand.Run("inspect", LatheCommand.Mnist, "--input-shapes", "image:[99999999999999999999,1,28,28]").AssertError(3, "LATHE3000", "99999999999999999999");

    [Fact]
    public void An_empty_output_is_refused() =>
        LatheCommand.Run("run", LatheCommand.Mnist, "--target", "managed", "-o", "").AssertError(3, "LATHE1402", "cannot write");

    [Theory]
    [InlineData("nan")]
    [InlineData("-1")]
    public void Seconds_are_a_number(string seconds) =>
        LatheCommand.Run("bench", LatheCommand.Mnist, "--seconds", seconds).AssertError(2, "LATHE7002", "--seconds takes a number");

    [Fact]
    public void Exact_convolutions_can_be_asked_for() =>
        Assert.Equal(0, LatheCommand.Run("run", LatheCommand.Mnist, "--target", "managed", "--exact-conv").ExitCode);

    [Fact]
    public void Verify_says_that_a_file_is_not_a_folder() =>
        LatheCommand.Run("verify", LatheCommand.Mnist).AssertError(3, "LATHE5100", "is a file");

    [Fact]
    public void A_missing_argument_is_named() => LatheCommand.Run("inspect").AssertError(2, "LATHE7002", "MODEL is missing");

    [Fact]
    public void A_file_that_starts_with_an_at_is_a_file() => LatheCommand.Run("inspect", "@none").AssertError(3, "LATHE1401", "'@none'");

    [Fact]
    public void Verbose_adds_where_an_error_came_from()
    {
        var run = LatheCommand.Run("inspect", "none.onnx", "--verbose");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("   at Lathe.", run.Error);
    }

    [Fact]
    public void Folders_damaged_files_and_missing_ones_are_model_errors()
    {
        using var folder = new TemporaryFolder();
        LatheCommand.Run("inspect", folder.Path).AssertError(3, "LATHE3007", "is a folder and no model");
        LatheCommand.Run("inspect", folder["none.onnx"]).AssertError(3, "LATHE1401", "there is no such file");
        byte[] bytes = File.ReadAllBytes(LatheCommand.Mnist);
        File.WriteAllBytes(folder["half.onnx"], bytes[..(bytes.Length / 2)]);
        LatheCommand.Run("inspect", folder["half.onnx"]).AssertError(3, "LATHE3010", "half.onnx is not an ONNX model, or damaged");
        File.WriteAllText(folder["text.onnx"], "hello");
        Assert.Equal(3, LatheCommand.Run("inspect", folder["text.onnx"]).ExitCode);
        File.WriteAllBytes(folder["empty.onnx"], []);
        LatheCommand.Run("inspect", folder["empty.onnx"]).AssertError(3, "LATHE3011", "it has no graph");
    }

    [Fact]
    public void The_version_is_a_number() => Assert.Matches(@"^\d+\.\d+\.\d+\n$", LatheCommand.Run("--version").Out);
}
