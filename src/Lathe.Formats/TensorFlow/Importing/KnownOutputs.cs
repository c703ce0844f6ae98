namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>Ops with several output arguments, of one tensor each, for models that do not describe the ops that they use.</summary>
internal static class KnownOutputs
{
    private static readonly string[] Lstm = ["i", "cs", "f", "o", "ci", "co", "h"];

    private static readonly string[] BatchNorm = ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"];

    private static readonly Dictionary<string, string[]> Names = new(StringComparer.Ordinal)
    {
        ["TopKV2"] = ["values", "indices"],
        ["TopK"] = ["values", "indices"],
        ["FusedBatchNorm"] = BatchNorm,
        ["FusedBatchNormV2"] = BatchNorm,
        ["FusedBatchNormV3"] = BatchNorm,
        ["Unique"] = ["y", "idx"],
        ["UniqueV2"] = ["y", "idx"],
        ["UniqueWithCounts"] = ["y", "idx", "count"],
        ["UniqueWithCountsV2"] = ["y", "idx", "count"],
        ["MaxPoolWithArgmax"] = ["output", "argmax"],
        ["SoftmaxCrossEntropyWithLogits"] = ["loss", "backprop"],
        ["SparseSoftmaxCrossEntropyWithLogits"] = ["loss", "backprop"],
        ["BlockLSTM"] = Lstm,
        ["BlockLSTMV2"] = Lstm,
        ["LSTMBlockCell"] = Lstm,
        ["GRUBlockCell"] = ["r", "u", "c", "h"],
        ["Switch"] = ["output_false", "output_true"],
        ["RefSwitch"] = ["output_false", "output_true"],
        ["Merge"] = ["output", "value_index"],
        ["RefMerge"] = ["output", "value_index"],
        ["TensorArrayV3"] = ["handle", "flow"],
        ["TensorArrayConcatV3"] = ["value", "lengths"],
        ["TensorListPopBack"] = ["output_handle", "tensor"],
        ["TensorListConcat"] = ["tensor", "lengths"],
        ["TensorListConcatV2"] = ["tensor", "lengths"],
        ["ListDiff"] = ["out", "idx"],
        ["NonMaxSuppressionV4"] = ["selected_indices", "valid_outputs"],
        ["NonMaxSuppressionV5"] = ["selected_indices", "selected_scores", "valid_outputs"],
        ["CombinedNonMaxSuppression"] = ["nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"],
        ["Svd"] = ["s", "u", "v"],
        ["Qr"] = ["q", "r"],
        ["Lu"] = ["lu", "p"],
        ["LogMatrixDeterminant"] = ["sign", "log_abs_determinant"],
        ["BroadcastGradientArgs"] = ["r0", "r1"],
        ["LookupTableExportV2"] = ["keys", "values"],
        ["QuantizeV2"] = ["output", "output_min", "output_max"],
        ["DecodeWav"] = ["audio", "sample_rate"],
    };

    /// <summary>The number of an output argument's first tensor; 0 for ops that are not listed, which have one argument.</summary>
    public static int OffsetOf(string op, string argument) => Names.TryGetValue(op, out string[]? names) ? Math.Max(0, Array.IndexOf(names, argument)) : 0;
}
