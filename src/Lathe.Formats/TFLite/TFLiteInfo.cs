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
        var scope = new Scope(model.Graphs[0], 0);
        var facts = new List<(string, string)>();
        foreach (var signature in model.Signatures)
            facts.Add(("signature", $"{signature.Key}({string.Join(", ", signature.Inputs.Select(i => i.Name))}) -> {string.Join(", ", signature.Outputs.Select(o => o.Name))}"));
        return new(
            "TFLite",
            model.Description,
            model.Version,
            new Dictionary<string, long>(),
            [.. GraphInputs.Names(scope).Zip(scope.Graph.Inputs, (name, i) => (name, (Shape?)GraphInputs.Declared(name, scope.Tensor(i))))],
            facts);
    }
}
