namespace Lathe.Formats.Keras.Reading;

/// <summary>What Keras 1 called otherwise: classes of layers, and their settings, by the names of today.</summary>
internal static class FirstKeras
{
    private static readonly Dictionary<string, string> Classes = new()
    {
        ["Convolution1D"] = "Conv1D",
        ["Convolution2D"] = "Conv2D",
        ["Convolution3D"] = "Conv3D",
        ["AtrousConvolution1D"] = "Conv1D",
        ["AtrousConvolution2D"] = "Conv2D",
        ["Deconvolution2D"] = "Conv2DTranspose",
        ["SeparableConvolution2D"] = "SeparableConv2D",
        ["Convolution2DTranspose"] = "Conv2DTranspose",
        ["Convolution3DTranspose"] = "Conv3DTranspose",
        ["SeparableConvolution1D"] = "SeparableConv1D",
        ["DepthwiseConvolution1D"] = "DepthwiseConv1D",
        ["DepthwiseConvolution2D"] = "DepthwiseConv2D",
        ["MaxPool1D"] = "MaxPooling1D",
        ["MaxPool2D"] = "MaxPooling2D",
        ["MaxPool3D"] = "MaxPooling3D",
        ["AvgPool1D"] = "AveragePooling1D",
        ["AvgPool2D"] = "AveragePooling2D",
        ["AvgPool3D"] = "AveragePooling3D",
        ["GlobalMaxPool1D"] = "GlobalMaxPooling1D",
        ["GlobalMaxPool2D"] = "GlobalMaxPooling2D",
        ["GlobalMaxPool3D"] = "GlobalMaxPooling3D",
        ["GlobalAvgPool1D"] = "GlobalAveragePooling1D",
        ["GlobalAvgPool2D"] = "GlobalAveragePooling2D",
        ["GlobalAvgPool3D"] = "GlobalAveragePooling3D",
        ["BatchNormalizationV1"] = "BatchNormalization",
        ["BatchNormalizationV2"] = "BatchNormalization",
        ["SyncBatchNormalization"] = "BatchNormalization",
    };

    /// <summary>By today's class, or for all classes under the empty name: today's names of settings, and the old ones.</summary>
    private static readonly Dictionary<string, Dictionary<string, string>> Names = new()
    {
        [""] = new()
        {
            ["padding"] = "border_mode",
            ["data_format"] = "dim_ordering",
            ["use_bias"] = "bias",
            ["strides"] = "subsample",
            ["dilation_rate"] = "atrous_rate",
            ["filters"] = "nb_filter",
            ["units"] = "output_dim",
            ["recurrent_activation"] = "inner_activation",
            ["dtype"] = "input_dtype",
        },
        ["Conv1D"] = new() { ["kernel_size"] = "filter_length", ["strides"] = "subsample_length" },
        ["LocallyConnected1D"] = new() { ["kernel_size"] = "filter_length", ["strides"] = "subsample_length" },
        ["MaxPooling1D"] = new() { ["pool_size"] = "pool_length", ["strides"] = "stride" },
        ["AveragePooling1D"] = new() { ["pool_size"] = "pool_length", ["strides"] = "stride" },
        ["UpSampling1D"] = new() { ["size"] = "length" },
        ["Embedding"] = [],
    };

    private static readonly Dictionary<string, Dictionary<string, string>> Merged = Names
        .Where(n => n.Key.Length > 0 && n.Value.Count > 0)
        .ToDictionary(n => n.Key, n => Names[""].Where(g => !n.Value.ContainsKey(g.Key)).Concat(n.Value).ToDictionary());

    public static string ClassOf(string name) => Classes.GetValueOrDefault(name, name);

    public static IReadOnlyDictionary<string, string> NamesOf(string className) =>
        Merged.TryGetValue(className, out var merged) ? merged : Names.GetValueOrDefault(className) ?? Names[""];
}
