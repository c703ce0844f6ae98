using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;

namespace Lathe.Formats.Keras.Operators;

/// <summary>How layers of a class are imported.</summary>
/// <param name="Import">One call's outputs.</param>
/// <param name="Slots">The layer's own weights, in Keras's order.</param>
/// <param name="Children">The layers inside that have weights, in Keras's order: their paths in files, and what they are.</param>
/// <param name="PassesMask">Whether a mask on the only input is on the outputs too.</param>
internal sealed record LayerClass(
    Func<LayerContext, IReadOnlyList<KerasValue>> Import,
    Func<LayerConfig, IEnumerable<WeightSlot>>? Slots = null,
    Func<LayerConfig, IEnumerable<ChildWeights>>? Children = null,
    bool PassesMask = false)
{
    public IReadOnlyList<WeightSlot> SlotsOf(LayerConfig layer) => Slots is null ? [] : [.. Slots(layer)];

    public IReadOnlyList<ChildWeights> ChildrenOf(LayerConfig layer) => Children is null ? [] : [.. Children(layer)];

    public IReadOnlyList<KerasValue> Run(LayerContext layer)
    {
        var results = Import(layer);
        return PassesMask && layer.Mask() is { } mask ? [.. results.Select(r => r.Mask is null ? r with { Mask = mask } : r)] : results;
    }
}
