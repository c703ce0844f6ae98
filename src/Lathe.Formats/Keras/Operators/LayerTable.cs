using System.Collections;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Which function imports layers of which class, and what weights they have. A class that is not here is reported as unsupported.</summary>
internal sealed class LayerTable : IEnumerable
{
    private static readonly LayerTable Classes = new()
    {
        { "Activation", ActivationLayers.Activation, true },
        { "ActivityRegularization", Same, true },
        { "Add", Merging.Add },
        { "AdditiveAttention", Attention.Additive, Attention.ScoreWeights },
        { "AlphaDropout", Same, true },
        { "Attention", Attention.Dot, Attention.ScoreWeights },
        { "AugMix", Same },
        { "AutoContrast", Same },
        { "Average", Merging.Average },
        { "AveragePooling1D", Pools.Average(1) },
        { "AveragePooling2D", Pools.Average(2) },
        { "AveragePooling3D", Pools.Average(3) },
        { "BatchNormalization", Normalization.Batch, Normalization.BatchWeights, true },
        { "Bidirectional", Wrappers.Bidirectional, Wrappers.BothWeights },
        { "CenterCrop", Preprocessing.CenterCrop },
        { "Concatenate", Merging.Concatenate },
        { "Conv1D", Convolutions.Plain(1), Dense.KernelAndBias },
        { "Conv1DTranspose", Convolutions.Transposed(1), Dense.KernelAndBias },
        { "Conv2D", Convolutions.Plain(2), Dense.KernelAndBias },
        { "Conv2DTranspose", Convolutions.Transposed(2), Dense.KernelAndBias },
        { "Conv3D", Convolutions.Plain(3), Dense.KernelAndBias },
        { "Conv3DTranspose", Convolutions.Transposed(3), Dense.KernelAndBias },
        { "ConvLSTM1D", ConvolutionalRecurrent.Layer(1), Recurrent.CellWeights },
        { "ConvLSTM2D", ConvolutionalRecurrent.Layer(2), Recurrent.CellWeights },
        { "ConvLSTM3D", ConvolutionalRecurrent.Layer(3), Recurrent.CellWeights },
        { "Cropping1D", Movement.Cropping(1) },
        { "Cropping2D", Movement.Cropping(2) },
        { "Cropping3D", Movement.Cropping(3) },
        { "CuDNNGRU", Recurrent.Layer(CellKind.Gru), Recurrent.CellWeights },
        { "CuDNNLSTM", Recurrent.Layer(CellKind.Lstm), Recurrent.CellWeights },
        { "CutMix", Same },
        { "Dense", Dense.Layer, Dense.KernelAndBias, true },
        { "DepthwiseConv1D", Convolutions.Depthwise(1), Convolutions.DepthwiseWeights },
        { "DepthwiseConv2D", Convolutions.Depthwise(2), Convolutions.DepthwiseWeights },
        { "Dot", Merging.Dot },
        { "Dropout", Same, true },
        { "ELU", ActivationLayers.Elu, true },
        { "EinsumDense", Dense.Einsum, Dense.EinsumWeights },
        { "Embedding", Dense.Embedding, Dense.EmbeddingWeights },
        { "Flatten", Movement.Flatten },
        { "GRU", Recurrent.Layer(CellKind.Gru), Recurrent.CellWeights },
        { "GaussianDropout", Same, true },
        { "GaussianNoise", Same, true },
        { "GlobalAveragePooling1D", Pools.GlobalAverage(1) },
        { "GlobalAveragePooling2D", Pools.GlobalAverage(2) },
        { "GlobalAveragePooling3D", Pools.GlobalAverage(3) },
        { "GlobalMaxPooling1D", Pools.GlobalMax(1) },
        { "GlobalMaxPooling2D", Pools.GlobalMax(2) },
        { "GlobalMaxPooling3D", Pools.GlobalMax(3) },
        { "GroupNormalization", Normalization.Group, Normalization.ScaleAndOffset, true },
        { "Identity", Same, true },
        { "InputLayer", Same, true },
        { "LSTM", Recurrent.Layer(CellKind.Lstm), Recurrent.CellWeights },
        { "LayerNormalization", Normalization.Layer, Normalization.ScaleAndOffset, true },
        { "LeakyReLU", ActivationLayers.LeakyRelu, true },
        { "LocallyConnected1D", LocallyConnected.Layer(1), Dense.KernelAndBias },
        { "LocallyConnected2D", LocallyConnected.Layer(2), Dense.KernelAndBias },
        { "Masking", Masks.Masking },
        { "MaxPooling1D", Pools.Max(1) },
        { "MaxPooling2D", Pools.Max(2) },
        { "MaxPooling3D", Pools.Max(3) },
        { "Maximum", Merging.Maximum },
        { "Merge", Merging.Merge },
        { "Minimum", Merging.Minimum },
        { "MixUp", Same },
        { "MultiHeadAttention", Attention.MultiHead, Attention.ProjectionWeights },
        { "Multiply", Merging.Multiply },
        { "Normalization", Normalization.ByStatistics, Normalization.StatisticsWeights },
        { "PReLU", ActivationLayers.PRelu, ActivationLayers.Slopes, true },
        { "Permute", Movement.Permute },
        { "RMSNormalization", Normalization.RootMeanSquare, Normalization.ScaleWeights, true },
        { "RNN", Recurrent.OfCells, Recurrent.NamedCellWeights },
        { "RandAugment", Same },
        { "RandomBrightness", Same },
        { "RandomColorDegeneration", Same },
        { "RandomColorJitter", Same },
        { "RandomContrast", Same },
        { "RandomErasing", Same },
        { "RandomFlip", Same },
        { "RandomGaussianBlur", Same },
        { "RandomGrayscale", Same },
        { "RandomHue", Same },
        { "RandomInvert", Same },
        { "RandomPerspective", Same },
        { "RandomPosterization", Same },
        { "RandomRotation", Same },
        { "RandomSaturation", Same },
        { "RandomSharpness", Same },
        { "RandomShear", Same },
        { "RandomTranslation", Same },
        { "RandomZoom", Same },
        { "ReLU", ActivationLayers.Relu, true },
        { "RepeatVector", Movement.RepeatVector },
        { "Rescaling", Preprocessing.Rescaling },
        { "Reshape", Movement.Reshape },
        { "Resizing", Preprocessing.Resizing },
        { "SeparableConv1D", Convolutions.Separable(1), Convolutions.SeparableWeights },
        { "SeparableConv2D", Convolutions.Separable(2), Convolutions.SeparableWeights },
        { "SimpleRNN", Recurrent.Layer(CellKind.Simple), Recurrent.CellWeights },
        { "SlicingOpLambda", TensorFunctions.Run },
        { "Softmax", ActivationLayers.Softmax, true },
        { "SpatialDropout1D", Same, true },
        { "SpatialDropout2D", Same, true },
        { "SpatialDropout3D", Same, true },
        { "SpectralNormalization", Wrappers.Plain, Wrappers.WrappedWeights },
        { "Subtract", Merging.Subtract },
        { "TFOpLambda", TensorFunctions.Run },
        { "TensorFlowOpLayer", TensorFunctions.Run },
        { "ThresholdedReLU", ActivationLayers.ThresholdedRelu, true },
        { "TimeDistributed", Wrappers.TimeDistributed, Wrappers.WrappedWeights },
        { "UnitNormalization", Normalization.Unit, true },
        { "UpSampling1D", Movement.UpSampling(1) },
        { "UpSampling2D", Movement.UpSampling(2) },
        { "UpSampling3D", Movement.UpSampling(3) },
        { "ZeroPadding1D", Movement.ZeroPadding(1) },
        { "ZeroPadding2D", Movement.ZeroPadding(2) },
        { "ZeroPadding3D", Movement.ZeroPadding(3) },
    };

    private static readonly LayerClass Function = new(TensorFunctions.Run);

    private readonly Dictionary<string, LayerClass> _classes = [];

    /// <summary>The names of all classes.</summary>
    public static IEnumerable<string> Names => Classes._classes.Keys;

    public static LayerClass? Find(LayerConfig layer) => layer.IsFunction ? Function : Classes._classes.GetValueOrDefault(layer.ClassName);

    /// <summary>Why a layer cannot be imported, for people who may change the model.</summary>
    public static string WhyMissing(LayerConfig layer) => layer.ClassName switch
    {
        "Lambda" => "it runs Python code, which is in no file; replace it by layers, or save the model as a SavedModel",
        "TextVectorization" or "StringLookup" or "Hashing" or "HashedCrossing" => "it reads text; do that before the model, and save the layers behind it as a model of their own",
        _ => "it is no layer of Keras's that can be read; replace it by others, or save the model as a SavedModel",
    };

    IEnumerator IEnumerable.GetEnumerator() => _classes.GetEnumerator();

    /// <summary>What inference leaves as it is.</summary>
    private static Value Same(LayerContext layer) => layer.Raw();

    private void Add(string name, Func<LayerContext, Value> import, bool passesMask = false) => Add(name, Single(import), passesMask);

    private void Add(string name, Func<LayerContext, Value> import, Func<LayerConfig, IEnumerable<WeightSlot>> slots, bool passesMask = false) =>
        Add(name, Single(import), slots, passesMask);

    private void Add(string name, Func<LayerContext, IReadOnlyList<KerasValue>> import, bool passesMask = false) => _classes.Add(name, new(import, PassesMask: passesMask));

    private void Add(string name, Func<LayerContext, IReadOnlyList<KerasValue>> import, Func<LayerConfig, IEnumerable<WeightSlot>> slots, bool passesMask = false) =>
        _classes.Add(name, new(import, slots, PassesMask: passesMask));

    private void Add(string name, Func<LayerContext, IReadOnlyList<KerasValue>> import, Func<LayerConfig, IEnumerable<ChildWeights>> children) =>
        _classes.Add(name, new(import, Children: children));

    private static Func<LayerContext, IReadOnlyList<KerasValue>> Single(Func<LayerContext, Value> import) => layer => [new KerasValue(import(layer))];
}
