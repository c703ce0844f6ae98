using Lathe.Formats.TFLite;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Tensors;
using Xunit.Abstractions;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Damaged and hostile models: each import succeeds with a valid graph or ends in an error about the model, in bounded time and memory.</summary>
public class TFLiteFuzzTests(ITestOutputHelper output)
{
    private const int Mutations = 2000;

    [Fact]
    public void DamagedModelsAreRefusedOrRead() =>
        BinaryMutations.Run(output, [.. Models()], Mutations, 7_000_003, (model, random) => BinaryMutations.Of(model, random, word: 4, first: 8), Outcome);

    private static string Outcome(byte[] model, string what) => DamagedModel.Outcome(() => GraphVerifier.Verify(TFLiteImporter.Import(model)), model.Length, what);

    private static IEnumerable<byte[]> Models()
    {
        yield return new TestModel().Input("x", LiteType.Float32, [1, 8, 8, 3], signature: [-1, 8, 8, 3]).Floats("w", [4, 3, 3, 3], new float[108]).Floats("b", [4], 1, 2, 3, 4)
            .Node(CONV_2D, "x w b", "c", new() { { 1, 2 }, { 2, 2 }, { 3, (byte)3 } })
            .Node(MAX_POOL_2D, "c", "m", new() { { 0, (byte)1 }, { 1, 2 }, { 2, 2 }, { 3, 2 }, { 4, 2 } })
            .Ints("shape", 1, -1).Node(RESHAPE, "m shape", "f").Node(SOFTMAX, "f", "y", new() { { 0, 1f } }).Output("y").Bytes;
        yield return new TestModel().Input("x", LiteType.Int8, [1, 4, 4, 2], scale: 0.5f, zeroPoint: 3)
            .Stored("w", LiteType.Int8, Tensor.Zeros(DType.Int8, [1, 3, 3, 2]), [0.5f, 0.25f], [0, 0], 3).Stored("b", LiteType.Int32, Tensor.Vector(1, -1))
            .Value("d", LiteType.Int8, [1, 4, 4, 2], scale: 1, zeroPoint: 3).Value("a", LiteType.Int8, [1, 4, 4, 2], scale: 1.5f, zeroPoint: -3)
            .Node(DEPTHWISE_CONV_2D, "x w b", "d", new() { { 1, 1 }, { 2, 1 }, { 3, 1 } }).Node(ADD, "d x", "a")
            .Ints("axes", 1, 2).Value("m", LiteType.Int8, [1, 2], scale: 1.5f, zeroPoint: -3).Node(MEAN, "a axes", "m").Node(LOGISTIC, "m", "s").Node(DEQUANTIZE, "m", "y").Output("y").Bytes;
        yield return new TestModel().Input("x", 2, 6).Ints("begin", 0, 1).Ints("end", 2, 5).Ints("strides", 1, 2).Ints("pads", 1, 1, 0, 2)
            .Stored("pairs", LiteType.Int32, Tensor.Of(Shape.Of(2, 2), 1, 1, 0, 2)).Ints("permutation", 1, 0).Ints("blocks", 2).Ints("k", 2).Stored("axis", LiteType.Int32, Tensor.Scalar(1))
            .Node(STRIDED_SLICE, "x begin end strides", "s", new() { { 0, 1 }, { 4, 0 } }).Node(PAD, "s pairs", "p").Node(TRANSPOSE, "p permutation", "t")
            .Node(CONCATENATION, "t t", "c", new() { { 0, 1 } }).Node(SPLIT, "axis c", "l r", new() { { 0, 2 } }).Node(GATHER, "l begin", "g", new() { { 0, 0 } })
            .Node(CUMSUM, "r axis", "u").Node(SUB, "g g", "z").Node(SHAPE, "z", "shape").Output("z").Output("u").Output("shape").Bytes;
        yield return TFLiteMetadataTests.Model(LiteType.UInt8, 0.5f).Bytes;
        yield return Lstm();
        yield return Detector();
        yield return Landmarks();
        yield return LoopTests.Doubling(b => b.Input("limit", LiteType.Int32, [])).Bytes;
        string[] real = [.. RealModels.Files("mnist_valid_q.tflite", "dilated_conv.tflite", "kws_ref_model.tflite")];
        foreach (string path in real)
            yield return File.ReadAllBytes(path);
    }

    /// <summary>Two steps of a recurrent layer of integers, and one of floats with 8-bit weights.</summary>
    private static byte[] Lstm()
    {
        var model = new TestModel().Input("x", LiteType.Int8, [1, 2, 3], scale: 0.1f, zeroPoint: -1).Value("h", LiteType.Int8, [1, 2], scale: 0.01f).Value("c", LiteType.Int16, [1, 2], scale: 1f / 2048)
            .Stored("b", LiteType.Int32, Tensor.Vector(1, 2)).Stored("w", LiteType.Int8, Tensor.Of(Shape.Of(2, 3), (sbyte)1, (sbyte)2, (sbyte)3, (sbyte)4, (sbyte)5, (sbyte)6), [0.01f])
            .Stored("r", LiteType.Int8, Tensor.Of(Shape.Of(2, 2), (sbyte)1, (sbyte)2, (sbyte)3, (sbyte)4), [0.01f]).Stored("h0", LiteType.Int8, Tensor.Zeros(DType.Int8, [1, 2]), [0.01f])
            .Stored("c0", LiteType.Int16, Tensor.Zeros(DType.Int16, [1, 2]), [1f / 2048]).Value("y", LiteType.Int8, [1, 2, 2], scale: 0.01f)
            .Node(UNIDIRECTIONAL_SEQUENCE_LSTM, "x w w w w r r r r - - - b b b b - - h0 c0 - - - -", "y", new() { { 0, (byte)4 } }).Output("y");
        return model.Input("f", 1, 3).Floats("fb", [2], 1, 2).Floats("state", [1, 2], 0, 0).Floats("times", [2, 1], 1, 1)
            .Node(SVDF, "f w times fb state", "s", new() { { 0, 1 } }).Node(FULLY_CONNECTED, "f w fb", "d", new() { { 3, true } }).Output("s").Output("d").Bytes;
    }

    /// <summary>A part of an image around some points of three.</summary>
    private static byte[] Landmarks() => new TestModel().Input("points", 1, 3, 3).Input("image", 1, 4, 4, 1)
        .Node(CUSTOM, "points", "matrix", custom: "Landmarks2TransformMatrix", version: 2, customOptions: FlexBytes.Of(
            ("left_rotation_idx", 0), ("output_height", 2), ("output_width", 2), ("right_rotation_idx", 1), ("scale_x", 1.5f), ("scale_y", 1f),
            ("subset_idxs", new[] { 0, 1, 2 }), ("target_rotation_radians", 0f)))
        .Node(CUSTOM, "image matrix", "part", custom: "TransformTensorBilinear", version: 2, customOptions: FlexBytes.Of(("output_height", 2), ("output_width", 2)))
        .Output("matrix").Output("part").Bytes;

    /// <summary>Boxes of a detector in both of its ways; the options are a map of FlexBuffers.</summary>
    private static byte[] Detector()
    {
        var model = new TestModel().Input("boxes", 1, 3, 4).Input("classes", 1, 3, 2).Floats("anchors", [3, 4], new float[12]);
        foreach (bool regular in new[] { false, true })
            model.Node(CUSTOM, "boxes classes anchors", $"b{regular} c{regular} s{regular} n{regular}", custom: "TFLite_Detection_PostProcess", customOptions: FlexOptions(regular)).Output($"b{regular}").Output($"n{regular}");
        return model.Ints("most", 2).Floats("limit", [1], 0.5f).Floats("corners", [3, 4], new float[12]).Floats("scores", [3], 1, 2, 3)
            .Node(NON_MAX_SUPPRESSION_V5, "corners scores most limit limit limit", "i v n").Output("i").Output("v").Bytes;
    }

    private static byte[] FlexOptions(bool regular) => FlexBytes.Of(
        ("detections_per_class", 2), ("h_scale", 5), ("max_classes_per_detection", 1), ("max_detections", 2), ("nms_iou_threshold", 1), ("nms_score_threshold", 0f),
        ("num_classes", 2), ("use_regular_nms", regular ? 1 : 0), ("w_scale", 5), ("x_scale", 10), ("y_scale", 10));
}
