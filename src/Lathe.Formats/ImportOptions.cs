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
    /// Values that inputs are known to have, of their types or of others that convert to them. Their shapes are the inputs', whatever the model says, but that a scalar leaves an input of one element its axes; the values are used only where an op
    /// needs a value to know its own shape (the target shape of a Reshape, the axes of a reduction), or a branch does not suit the inputs; the input stays an input of the graph.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> InputValues { get; init; } = ReadOnlyDictionary<string, Tensor>.Empty;

    /// <summary>The entry of a model that has several, by its key; null is the format's default. Formats without signatures pass it over.</summary>
    public string? Signature { get; init; }

    /// <summary>The tags of the graph to read, of a SavedModel that holds several; empty is the one for serving.</summary>
    public IReadOnlyList<string> TagSet { get; init; } = [];

    /// <summary>Tensors of a TensorFlow graph to take as its inputs, in this order, as "name:0" or "name"; empty takes what the model declares.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Tensors of a TensorFlow graph to take as its outputs; empty takes what the model declares.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];
}
