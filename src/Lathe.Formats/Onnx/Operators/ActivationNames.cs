using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>The activations that recurrent layers name, with their parameters.</summary>
internal static class ActivationNames
{
    /// <summary>
    /// The layer's activations for all directions, or the given ones for each. activation_alpha and activation_beta hold numbers for those that take
    /// one, in order.
    /// </summary>
    public static EquatableArray<UnaryElementwiseOp> Of(NodeContext node, int directions, params string[] defaults)
    {
        string[] names = node.Attributes.Texts("activations") ?? [.. Enumerable.Repeat(defaults, directions).SelectMany(d => d)];
        if (names.Length != directions * defaults.Length)
            node.Fail($"it has {names.Length} activations and takes {directions * defaults.Length}");
        var alphas = new Queue<double>(node.Attributes.Floats("activation_alpha") ?? []);
        var betas = new Queue<double>(node.Attributes.Floats("activation_beta") ?? []);
        double Alpha(double otherwise) => alphas.TryDequeue(out double value) ? value : otherwise;
        double Beta(double otherwise) => betas.TryDequeue(out double value) ? value : otherwise;
        return names.Select(name => (UnaryElementwiseOp)(name.ToUpperInvariant() switch
        {
            "RELU" => new Relu(),
            "TANH" => new Tanh(),
            "SIGMOID" => new Sigmoid(),
            "SOFTSIGN" => new Softsign(),
            "SOFTPLUS" => new Softplus(),
            "LEAKYRELU" => new LeakyRelu(Alpha(0.01)),
            "THRESHOLDEDRELU" => new ThresholdedRelu(Alpha(1)),
            "ELU" => new Elu(Alpha(1)),
            "HARDSIGMOID" => new HardSigmoid(Alpha(0.2), Beta(0.5)),
            "SCALEDTANH" => new ScaledTanh(Alpha(1), Beta(1)),
            "AFFINE" => new Affine(Alpha(1), Beta(0)),
            _ => throw node.Unsupported($"the activation '{name}' is not supported"),
        })).ToEquatableArray();
    }
}
