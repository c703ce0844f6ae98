using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite;

/// <summary>Reads what a TFLite file says about itself.</summary>
internal static class TFLiteInfo
{
    public static ModelFileInfo Read(string path)
    {
        var model = LiteModel.Read(path);
        var entry = EntryPoint.Main(model);
        var facts = new List<(string, string)>();
        foreach (var signature in model.Signatures)
            facts.Add(("signature", $"{signature.Key}({string.Join(", ", signature.Inputs.Select(i => i.Name))}) -> {string.Join(", ", signature.Outputs.Select(o => o.Name))}"));
        return new(
            "TFLite",
            model.Description,
            model.Version,
            new Dictionary<string, long>(),
            [.. entry.Inputs.Select(i => (i.Name, (Shape?)GraphInputs.Declared(i.Name, entry.Scope.Tensor(i.Tensor))))],
            facts);
    }
}
