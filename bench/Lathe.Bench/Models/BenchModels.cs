namespace Lathe.Bench.Models;

/// <summary>The models that the bench can make, by name. Weights are random, so that only speed and agreement mean anything.</summary>
public static class BenchModels
{
    private static readonly (string Name, Func<BenchModel> Build)[] All =
    [
        ("resnet50", ResNet.ResNet50),
        ("resnet18", ResNet.ResNet18),
        ("mobilenetv2", MobileNetV2.Build),
        ("squeezenet1.1", SqueezeNet.Version11),
        ("efficientnet-lite0", EfficientNetLite.Lite0),
        ("mobilenetv3-small", MobileNetV3.Small),
        ("fsrcnn", () => SuperResolution.Fsrcnn("fsrcnn", 240, 320)),
        ("espcn", () => SuperResolution.Espcn("espcn", 240, 320)),
        ("mnist", MnistCnn.Build),
        ("bert-tiny", Encoder.BertTiny),
        ("minilm", Encoder.MiniLm),
        ("minilm-512", Encoder.MiniLm512),
    ];

    /// <summary>Relatives of those, by which to see that what holds for them holds for their families.</summary>
    private static readonly (string Name, Func<BenchModel> Build)[] Relatives =
    [
        ("resnet34", ResNet.ResNet34),
        ("resnet101", ResNet.ResNet101),
        ("resnext50", ResNet.ResNeXt50),
        ("squeezenet1.0", SqueezeNet.Version10),
        ("googlenet", GoogLeNet.Build),
        ("densenet121", DenseNet.DenseNet121),
        ("shufflenetv2", ShuffleNet.V2),
        ("unet", UNet.Build),
        ("mobilenetv1", MobileNetV1.Build),
        ("mobilenetv1-int8", () => MobileNetV1.Quantized("mobilenetv1-int8", signed: true)),
        ("mobilenetv1-uint8", () => MobileNetV1.Quantized("mobilenetv1-uint8", signed: false)),
        ("mobilenetv3-large", MobileNetV3.Large),
        ("efficientnet-lite4", EfficientNetLite.Lite4),
        ("efficientnet-b0", EfficientNetLite.B0),
        ("bert-mini", Encoder.BertMini),
        ("minilm-dynamic", () => DynamicQuantization.Of(Encoder.MiniLm(), "minilm-dynamic", signed: true)),
        ("minilm-dynamic-u8", () => DynamicQuantization.Of(Encoder.MiniLm(), "minilm-dynamic-u8", signed: false)),
        ("edsr", () => SuperResolution.Edsr("edsr", 240, 320)),
        ("fsrcnn-720p", () => SuperResolution.Fsrcnn("fsrcnn-720p", 720, 1280)),
        ("espcn-720p", () => SuperResolution.Espcn("espcn-720p", 720, 1280)),
    ];

    /// <summary>The models of the results table.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(m => m.Name)];

    /// <summary>The models beside the table.</summary>
    public static IReadOnlyList<string> RelativeNames { get; } = [.. Relatives.Select(m => m.Name)];

    /// <summary>Makes a model; every call gives the same bytes. Throws a <see cref="ModelException"/> for an unknown name.</summary>
    public static BenchModel Build(string name) =>
        All.Concat(Relatives).FirstOrDefault(m => m.Name == name).Build?.Invoke() ?? throw Unknown(name);

    internal static ModelException Unknown(string name) =>
        new("LATHE7901", $"the bench has no model '{name}'", next: $"the models are {string.Join(", ", Names.Concat(RelativeNames))}, or the path of an .onnx file");
}
