using System.CommandLine;
using Lathe.Cli;
using Lathe.Formats;

namespace Lathe.Tests.Cli;

public class ImportArgumentsTests
{
    [Fact]
    public void Names_may_have_shapes_behind_them()
    {
        var options = Read("--inputs", "a:0[1,28,28,1],b:0", "--outputs", "y:0", "--tag", "serve,gpu", "--signature_def", "classify");

        Assert.Equal(["a:0", "b:0"], options.Inputs);
        Assert.Equal(["y:0"], options.Outputs);
        Assert.Equal(["serve", "gpu"], options.TagSet);
        Assert.Equal("classify", options.Signature);
        Assert.Equal("a:0 [1,28,28,1]", string.Join("; ", options.InputShapes.Select(s => $"{s.Key} {s.Value}")));
    }

    [Fact]
    public void Shapes_without_names_are_those_of_the_inputs_in_their_order()
    {
        var options = Read("--input_arrays=a,b", "--input_shapes=1,28,28,1:4", "--output_arrays=y");

        Assert.Equal("a [1,28,28,1]; b [4]", string.Join("; ", options.InputShapes.Select(s => $"{s.Key} {s.Value}")));
        Assert.Contains("1 shapes for 2 inputs", Assert.Throws<UsageException>(() => Read("--input_arrays=a,b", "--input_shapes=1,2")).Message);
    }

    [Fact]
    public void Two_spellings_at_once_are_refused() =>
        Assert.Contains("--tag-set and --tag mean the same", Assert.Throws<UsageException>(() => Read("--tag", "a", "--tag-set", "b")).Message);

    [Fact]
    public void Without_options_the_model_decides() => Assert.Equal((0, 0, 0, null), Read() is var o ? (o.Inputs.Count, o.Outputs.Count, o.TagSet.Count, o.Signature) : default);

    private static ImportOptions Read(params string[] args)
    {
        var arguments = new ImportArguments(converter: true);
        var command = new Command("convert");
        arguments.AddTo(command);
        return arguments.Read(command.Parse(args));
    }
}
