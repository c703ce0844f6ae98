using Lathe.Formats.Keras.Operators;
using Lathe.Formats.Keras.Reading;

namespace Lathe.Formats.Keras.Importing;

/// <summary>Which weights a model's layers have, after the table of layers.</summary>
internal static class WeightTree
{
    public static LayerWeights Of(LayerConfig layer)
    {
        if (layer.Model is { } model)
            return new(layer, [], [.. model.Layers.Select(l => new ChildWeights([], Of(l)))]);
        return LayerTable.Find(layer) is { } known ? new(layer, known.SlotsOf(layer), known.ChildrenOf(layer)) : new(layer, [], []);
    }
}
