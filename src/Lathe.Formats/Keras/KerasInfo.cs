using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.Keras;

/// <summary>Reads what a Keras file says about itself.</summary>
internal static class KerasInfo
{
    public static ModelFileInfo Read(string path, ImportOptions options)
    {
        var file = KerasFile.Read(path);
        var model = file.Model.Model ?? throw new ModelException("LATHE3420", $"the file holds a layer of class {file.Model.ClassName} and no model", "save the model that the layer is in");
        var facts = new List<(string, string)> { ("model", $"{(model.IsSequential ? "sequential" : "functional")}, {model.Layers.Count} layers") };
        if (file.Weights is null)
            facts.Add(("weights", "none: no file of weights beside the configuration"));
        string[] stateful = [.. Stateful(model)];
        if (stateful.Length > 0)
            facts.Add(("stateful", $"{string.Join(", ", stateful)}: Keras keeps their states from run to run; here each run begins at zero"));
        return new(
            "Keras",
            file.Backend,
            int.TryParse(file.Version.Split('.')[0], out int version) ? version : 1,
            new Dictionary<string, long>(),
            [.. GraphInputs.Declared(model, options.InputShapes).Select(i => (i.Name, (Shape?)i.Shape))],
            facts);
    }

    private static IEnumerable<string> Stateful(ModelConfig model) => model.Layers.SelectMany(l => l.Model is { } inner ? Stateful(inner)
        : l.Settings.Json.ValueKind == System.Text.Json.JsonValueKind.Object && l.Settings.Find("stateful") is { ValueKind: System.Text.Json.JsonValueKind.True } ? [l.Name] : []);
}
