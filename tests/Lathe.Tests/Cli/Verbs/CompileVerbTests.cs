using System.Text.Json;
using Lathe.Runtime;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class CompileVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LlvmFact]
    public void Writes_a_bundle_and_what_was_asked_for_beside_it()
    {
        var run = LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"], "--verbose", "--header", "--dump-code", "ll,asm,loops,graph");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("  transposes", run.Out);
        Assert.Contains("GenerateCode", run.Out);
        Assert.StartsWith("note: input 'image' is f32[1,1,28,28]", run.Error);
        string[] files = [.. Directory.EnumerateFiles(_folder.Path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(["m.tar", "m.tar.asm", "m.tar.graph", "m.tar.h", "m.tar.ll", "m.tar.loops"], files);
        Assert.Contains("lathe_run(", File.ReadAllText(_folder["m.tar.h"]));
        Assert.Contains("define ", File.ReadAllText(_folder["m.tar.ll"]));
        Assert.StartsWith("graph ", File.ReadAllText(_folder["m.tar.graph"]));
        using var bundle = Bundle.Open(_folder["m.tar"]);
        Assert.Equal(("image", "probabilities"), (bundle.Info.Inputs[0].Name, bundle.Info.Outputs[0].Name));
        Assert.Equal(64, bundle.Info.SourceHash.Length);
    }

    [LlvmFact]
    public void Json_and_inspect_describe_the_bundle()
    {
        var run = LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"], "--json", "--input-shapes", "image:[2,1,28,28]");
        var made = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(0, made.GetProperty("transposes").GetInt32());
        Assert.True(made.GetProperty("parameterBytes").GetInt64() >= 585_958 * 3, "a weight of a dense layer takes three bytes or four");
        var seen = JsonDocument.Parse(LatheCommand.Run("inspect", _folder["m.tar"], "--json").Out).RootElement;
        Assert.Equal(made.GetProperty("arenaBytes").GetInt64(), seen.GetProperty("arenaBytes").GetInt64());
        Assert.Equal("f32[2,1,28,28]", seen.GetProperty("inputs")[0].GetProperty("type").GetString());
        Assert.Contains("a bundle of the model", LatheCommand.Run("inspect", _folder["m.tar"]).Out);
        LatheCommand.Run("compile", _folder["m.tar"], "-o", _folder["n.tar"]).AssertError(3, "LATHE7022", "is a bundle already");
    }

    [LlvmFact]
    public void A_failure_leaves_no_file_and_destroys_none()
    {
        File.WriteAllText(_folder["old.tar"], "old");
        LatheCommand.Run("compile", _folder["none.onnx"], "-o", _folder["old.tar"]).AssertError(3, "LATHE1401", "there is no such file");
        Assert.Equal("old", File.ReadAllText(_folder["old.tar"]));
        Assert.Single(Directory.EnumerateFiles(_folder.Path));
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder.Path).AssertError(3, "LATHE1402", "it is a folder");
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["no/m.tar"]).AssertError(3, "LATHE1402", "there is no folder");
    }

    [LlvmFact]
    public void Damaged_bundles_are_refused()
    {
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"]);
        byte[] bytes = File.ReadAllBytes(_folder["m.tar"]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(_folder["flipped.tar"], bytes);
        LatheCommand.Run("run", _folder["flipped.tar"]).AssertError(3, "LATHE6012", "is damaged");
        File.WriteAllBytes(_folder["half.tar"], bytes[..(bytes.Length / 2)]);
        Assert.Equal(3, LatheCommand.Run("run", _folder["half.tar"]).ExitCode);
    }

    [Fact]
    public void Usage_is_explained()
    {
        LatheCommand.Run("compile", LatheCommand.Mnist).AssertError(2, "LATHE7002", "--output");
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"], "--dump-code", "ll,obj").AssertError(2, "LATHE7002", "not 'obj'");
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"], "--target", "managed").AssertError(4, "LATHE7020", "next: ");
    }
}
