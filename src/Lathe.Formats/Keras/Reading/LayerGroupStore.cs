using Lathe.Formats.Keras.Reading.Hdf5;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading;

/// <summary>
/// The weights of .h5 files: a group for each layer of the model, which lists its weights in order, those of layers inside among them. Keras goes by the
/// order; names are only compared where order could mislead.
/// </summary>
internal sealed class LayerGroupStore : IWeightStore
{
    private readonly Hdf5Group _group;
    private readonly string[] _layerNames;

    public LayerGroupStore(Hdf5Group group)
    {
        _group = group;
        _layerNames = group.Attributes.TextsInParts("layer_names") ?? throw group.File.Damaged("does not list its layers (layer_names)");
    }

    /// <summary>Whether a group holds weights so.</summary>
    public static bool IsOne(Hdf5Group group) => group.Attributes.Names.Any(n => n is "layer_names" or "layer_names0");

    public void Fill(LayerWeights model)
    {
        LayerWeights[] layers = [.. model.Children.Select(c => c.Weights).Where(w => !w.IsEmpty).DistinctBy(w => w.Layer.Name)];
        var saved = _layerNames.Select(Open).Where(g => g.Names.Length > 0).ToDictionary(g => g.Layer);
        bool isNamed = layers.All(l => saved.ContainsKey(l.Layer.Name));
        if (!isNamed && saved.Count != layers.Length)
        {
            var missing = layers.Where(l => !saved.ContainsKey(l.Layer.Name)).Select(l => l.Layer.Name);
            throw new ModelException("LATHE3410", $"'{_group.File.Name}' lacks the weights of the layers {string.Join(", ", missing)}", "give the weights of this model");
        }
        var inOrder = _layerNames.Where(saved.ContainsKey).ToArray();
        for (int i = 0; i < layers.Length; i++)
            Fill(layers[i], saved[isNamed ? layers[i].Layer.Name : inOrder[i]]);
    }

    private (string Layer, Hdf5Group? Group, string[] Names) Open(string layer)
    {
        if (!_group.TryGroup(layer, out var group))
            return (layer, null, []);
        // A list of no names has NumPy's type of nothing, which is floats.
        bool hasNames = group.Attributes.Names.Any(n => n.StartsWith("weight_names", StringComparison.Ordinal));
        return (layer, group, hasNames ? group.Attributes.TextsInParts("weight_names") ?? [] : []);
    }

    private static void Fill(LayerWeights layer, (string Layer, Hdf5Group? Group, string[] Names) saved)
    {
        (LayerWeights Owner, WeightSlot Slot)[] slots = [.. layer.InSavedOrder()];
        if (FirstKerasWeights.TryFill(layer, saved.Names, Tensor))
            return;
        if (slots.Length != saved.Names.Length)
        {
            throw new ModelException(
                "LATHE3411", $"the layer '{layer.Layer.Name}' ({layer.Layer.ClassName}) takes {slots.Length} weights, and '{saved.Group!.File.Name}' has {saved.Names.Length}");
        }
        if (!Fits(slots, saved.Names))
        {
            (LayerWeights, WeightSlot)[] other = [.. layer.InLayerOrder()];
            slots = Fits(other, saved.Names) ? other : slots;
        }
        foreach (var ((owner, slot), name) in slots.Zip(saved.Names))
            owner.Set(slot.Role, Tensor(name));

        Tensor Tensor(string name) => saved.Group!.TryDataset(name, out var dataset)
            ? dataset.Read()
            : throw saved.Group.File.Damaged($"lacks the weight '{name}' of the layer '{saved.Layer}'");
    }

    /// <summary>Whether names, whose last part is the role since Keras 2, contradict an order nowhere.</summary>
    private static bool Fits((LayerWeights Owner, WeightSlot Slot)[] slots, string[] names)
    {
        var roles = slots.Select(s => s.Slot.Role).ToHashSet();
        return slots.Zip(names).All(p => RoleOf(p.Second) is var role && (role == p.First.Slot.Role || !roles.Contains(role)));
    }

    private static string RoleOf(string name)
    {
        string last = name[(name.LastIndexOf('/') + 1)..];
        int colon = last.IndexOf(':');
        return colon < 0 ? last : last[..colon];
    }
}
