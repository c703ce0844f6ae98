namespace Lathe.Compilation.Tuning;

/// <summary>Learns to tell good schedules from bad ones.</summary>
internal interface ICostModel
{
    /// <summary>Which one it is, for people.</summary>
    string Name { get; }

    /// <summary>Learns anew: a row of features and a logarithm of time each.</summary>
    void Train(IReadOnlyList<float[]> features, IReadOnlyList<float> costs);

    /// <summary>Logarithms of time; only their order matters. Not before <see cref="Train"/>.</summary>
    float[] Predict(IReadOnlyList<float[]> features);
}
