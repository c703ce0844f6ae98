namespace Lathe.Formats.Keras.Reading;

/// <summary>A file's weights.</summary>
internal interface IWeightStore
{
    /// <summary>Finds the weights of a model's layers, which are the tree's children. Layers whose weights are missing stay without.</summary>
    void Fill(LayerWeights model);
}
