using System.Text;
using System.Text.Json;
using Lathe.Formats.Keras.Reading.Hdf5;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading;

/// <summary>
/// A model whose configuration is a JSON file (of <c>model.to_json()</c>) and whose weights are a file beside it (of <c>model.save_weights()</c>): NAME.json with
/// NAME.weights.h5 or NAME.h5, NAME_config.json with NAME_weights.h5, or else weights.h5 or model.weights.h5.
/// </summary>
internal static class SplitModel
{
    private const long MaxConfigBytes = 64 << 20;

    private static readonly string[] Endings = ["_config", "-config", ".config", "_topology", "_architecture", "_model", "_arch"];

    /// <summary>Whether a JSON file is a model's configuration, by how it begins.</summary>
    public static bool IsConfig(string path)
    {
        using var file = InputFile.OpenRead(path);
        var bytes = new byte[4096];
        int read = InputFile.Guard(path, () => file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        string text = Encoding.UTF8.GetString(bytes, 0, read);
        return text.Contains("\"class_name\"", StringComparison.Ordinal) && text.Contains("\"config\"", StringComparison.Ordinal)
            && !text.Contains("\"modelTopology\"", StringComparison.Ordinal);
    }

    public static KerasFile Read(string path)
    {
        var json = KerasJson.Parse(Encoding.UTF8.GetString(InputFile.ReadAllBytes(path, MaxConfigBytes)).TrimStart('\uFEFF'), Path.GetFileName(path));
        var model = LayerConfig.Read(json);
        string said = new Settings(json).Text("keras_version", "");
        string backend = new Settings(json).Text("backend", "");
        string[] candidates = [.. Candidates(path)];
        if (candidates.FirstOrDefault(File.Exists) is not { } weightsPath)
            return new("json", model, null, said, backend);
        var bytes = new FileBytes(weightsPath);
        var root = Hdf5File.Open(bytes);
        var group = root.TryGroup("model_weights", out var inner) ? inner : root;
        IWeightStore store = LayerGroupStore.IsOne(group) ? new LayerGroupStore(group)
            : AttributeStore.IsOne(group) ? new AttributeStore(group)
            : throw new ModelException("LATHE3419", $"'{bytes.Name}' holds no weights of a Keras model", "give model.save_weights()'s file beside the configuration");
        return new("json", model, store, KerasFile.VersionOf(root, group) is { Length: > 0 } written ? written : said, group.Attributes.Text("backend") ?? backend);
    }

    /// <summary>Where the weights of a configuration may lie, the likeliest first.</summary>
    public static IEnumerable<string> Candidates(string path)
    {
        string folder = Path.GetDirectoryName(path) ?? "";
        string name = Path.GetFileNameWithoutExtension(path);
        string stem = Endings.FirstOrDefault(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) is { } ending ? name[..^ending.Length] : name;
        string[] names =
        [
            $"{name}.weights.h5", $"{stem}.weights.h5", $"{stem}_weights.h5", $"{stem}-weights.h5", $"{name}.h5", $"{stem}.h5", $"{name}.hdf5", $"{stem}.hdf5", $"{stem}_weights.hdf5",
            "model.weights.h5", "weights.h5", "model_weights.h5", "weights.hdf5",
        ];
        return names.Distinct().Select(n => Path.Combine(folder, n));
    }
}
