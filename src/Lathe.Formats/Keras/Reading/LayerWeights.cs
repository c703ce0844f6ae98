using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading;

/// <summary>The weights of a layer and of the layers inside it, as a tree: what a file of weights must hold, and, once one was read, what it held.</summary>
/// <param name="slots">The layer's own weights in the order in which Keras makes them.</param>
/// <param name="children">The layers inside in the order in which Keras goes through them.</param>
internal sealed class LayerWeights(LayerConfig layer, IReadOnlyList<WeightSlot> slots, IReadOnlyList<ChildWeights> children)
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    public LayerConfig Layer => layer;

    public IReadOnlyList<WeightSlot> Slots => slots;

    public IReadOnlyList<ChildWeights> Children => children;

    public bool IsEmpty => slots.Count == 0 && children.All(c => c.Weights.IsEmpty);

    public Tensor? Find(string role) => _tensors.GetValueOrDefault(role);

    public void Set(string role, Tensor tensor) => _tensors[role] = tensor;

    /// <summary>All weights, first those that training changes, then the others, each in order; a layer that is not trained has only others.</summary>
    public IEnumerable<(LayerWeights Owner, WeightSlot Slot)> InSavedOrder() => Trainable().Concat(NotTrainable());

    /// <summary>All weights, layer by layer.</summary>
    public IEnumerable<(LayerWeights Owner, WeightSlot Slot)> InLayerOrder() =>
        slots.Select(s => (this, s)).Concat(children.SelectMany(c => c.Weights.InLayerOrder()));

    private IEnumerable<(LayerWeights, WeightSlot)> Trainable() => !layer.IsTrainable ? [] :
        slots.Where(s => s.IsTrainable).Select(s => (this, s)).Concat(children.SelectMany(c => c.Weights.Trainable()));

    private IEnumerable<(LayerWeights, WeightSlot)> NotTrainable() => layer.IsTrainable
        ? slots.Where(s => !s.IsTrainable).Select(s => (this, s)).Concat(children.SelectMany(c => c.Weights.NotTrainable()))
        : slots.OrderBy(s => s.IsTrainable ? 0 : 1).Select(s => (this, s)).Concat(children.SelectMany(c => c.Weights.InSavedOrder()));
}

/// <summary>The weights of a layer inside another.</summary>
/// <param name="Paths">Where files that keep weights by attributes have them, below the outer layer: the first that is there.</param>
internal sealed record ChildWeights(string[] Paths, LayerWeights Weights);
