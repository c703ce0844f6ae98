using System.Collections.ObjectModel;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>How a model is read.</summary>
public sealed record ImportOptions
{
    /// <summary>Shapes of inputs; extents that the model leaves open take these.</summary>
    public InputShapes InputShapes { get; init; } = InputShapes.None;

    /// <summary>Whether extents that nothing else fixes become <see cref="DefaultDim"/> (to compile or run), or stay symbols (to look at).</summary>
    public bool BindSymbols { get; init; } = true;

    public long DefaultDim { get; init; } = 1;

    /// <summary>
    /// Values that inputs are known to have. Their shapes are the inputs', whatever the model says; the values are used only where an op needs a value to know its own shape (the target shape of a
    /// Reshape, the axes of a reduction); the input stays an input of the graph.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> InputValues { get; init; } = ReadOnlyDictionary<string, Tensor>.Empty;
}
