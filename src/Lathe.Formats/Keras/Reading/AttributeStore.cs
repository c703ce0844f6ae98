using System.Globalization;
using System.Text.RegularExpressions;
using Lathe.Formats.Keras.Reading.Hdf5;

namespace Lathe.Formats.Keras.Reading;

/// <summary>
/// The weights of .keras and .weights.h5 files: groups as the objects lie inside each other, a layer's weights numbered in its group <c>vars</c>. The layers of a
/// model go by their classes, with numbers where a class occurs again; newer files may have the layers' names.
/// </summary>
internal sealed partial class AttributeStore(Hdf5Group root) : IWeightStore
{
    private static readonly string[] Containers = ["layers", "_layer_checkpoint_dependencies"];

    /// <summary>Whether a group holds weights so.</summary>
    public static bool IsOne(Hdf5Group group) => Containers.Any(group.Names.Contains);

    public void Fill(LayerWeights model) => Fill(model, root);

    private static void Fill(LayerWeights layer, Hdf5Group group)
    {
        if (layer.Slots.Count > 0 && group.TryGroup("vars", out var variables))
        {
            foreach (var (i, slot) in layer.Slots.OrderBy(s => s.IsTrainable ? 0 : 1).Index())
                if (variables.TryDataset(i.ToString(CultureInfo.InvariantCulture), out var dataset))
                    layer.Set(slot.Role, dataset.Read());
        }
        if (layer.Layer.Model is not null)
        {
            FillLayers(layer, group);
            return;
        }
        foreach (var child in layer.Children)
            if (!child.Weights.IsEmpty)
                foreach (string path in child.Paths)
                    if (group.TryGroup(path, out var inner))
                    {
                        Fill(child.Weights, inner);
                        break;
                    }
    }

    /// <summary>The layers of a model. A layer that was saved elsewhere, because it is shared, is not there again.</summary>
    private static void FillLayers(LayerWeights model, Hdf5Group group)
    {
        Hdf5Group? container = null;
        foreach (string name in Containers)
            if (container is null && group.TryGroup(name, out var found))
                container = found;
        if (container is null)
            return;
        bool isSequential = model.Layer.Model!.IsSequential;
        var counts = new Dictionary<string, int>();
        foreach (var child in model.Children)
        {
            var config = child.Weights.Layer;
            // Functions are no layers, and a sequential model's input is none of its layers.
            if (config.IsFunction || (isSequential && config.ClassName == "InputLayer"))
                continue;
            string name = SnakeCase(config.ClassName is "Model" ? "Functional" : config.ClassName);
            int count = counts[name] = counts.GetValueOrDefault(name, -1) + 1;
            if (count > 0)
                name = $"{name}_{count}";
            if (!child.Weights.IsEmpty && (container.TryGroup(name, out var inner) || container.TryGroup(config.Name, out inner)))
                Fill(child.Weights, inner);
        }
    }

    /// <summary>As Keras makes names of classes: MaxPooling2D is max_pooling2d.</summary>
    private static string SnakeCase(string name) => LowerUpper().Replace(UpperLower().Replace(NoWord().Replace(name, ""), "$1_$2"), "$1_$2").ToLowerInvariant();

    [GeneratedRegex(@"\W+")]
    private static partial Regex NoWord();

    [GeneratedRegex("(.)([A-Z][a-z]+)")]
    private static partial Regex UpperLower();

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex LowerUpper();
}
