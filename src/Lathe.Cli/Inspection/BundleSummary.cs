using Lathe.Cli.Printing;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Inspection;

/// <summary>What a bundle says about itself. Sizes are in bytes.</summary>
internal sealed record BundleSummary(
    string Bundle,
    string Name,
    string Target,
    string SourceHash,
    IReadOnlyList<Port> Inputs,
    IReadOnlyList<Port> Outputs,
    int Steps,
    string CodeFile,
    long CodeBytes,
    long ParameterBytes,
    long ArenaBytes)
{
    /// <summary>Opens a bundle, which checks that it is whole.</summary>
    public static BundleSummary Of(string path)
    {
        using var bundle = Lathe.Runtime.Bundle.Open(path);
        var info = bundle.Info;
        return new(
            path, info.Name, info.Target, info.SourceHash, Ports(info.Inputs), Ports(info.Outputs), info.Steps.Count,
            bundle.Manifest.Code, bundle.Code.Length, info.ParameterBytes, info.ArenaBytes);
    }

    public void Write(TextWriter output)
    {
        output.WriteLine($"{Bundle}: a bundle of the model '{Name}', for {TargetText.Short(Target)}");
        output.WriteLine();
        var ports = new Table("", "", "");
        foreach (var input in Inputs)
            ports.Add("input", input.Name, input.Type);
        foreach (var result in Outputs)
            ports.Add("output", result.Name, result.Type);
        ports.Write(output);
        output.WriteLine();
        var facts = new Table("", ">", "");
        facts.Add("code", Quantity.Bytes(CodeBytes), $"{CodeFile}, {Quantity.Of(Steps, "step")}");
        facts.Add("parameters", Quantity.Bytes(ParameterBytes));
        facts.Add("work space", Quantity.Bytes(ArenaBytes));
        facts.Write(output);
    }

    private static List<Port> Ports(IEnumerable<BufferSpec> specs) =>
        [.. specs.Select(s => new Port(s.Name, $"{s.Element.Name}{s.TensorShape}", [.. s.Shape]))];
}
