using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx;

/// <summary>Reads what an ONNX file says about itself; what it holds besides is not checked.</summary>
internal static class OnnxInfo
{
    public static ModelFileInfo Read(string path)
    {
        var model = ModelFile.ReadHead(path);
        var stored = model.Graph.Initializer.Select(t => t.Name).ToHashSet();
        return new(
            "ONNX",
            $"{model.ProducerName} {model.ProducerVersion}".Trim(),
            model.IrVersion,
            model.OpsetImport.GroupBy(o => o.Domain is "ai.onnx" ? "" : o.Domain).ToDictionary(g => g.Key, g => g.Max(o => o.Version)),
            [.. model.Graph.Input.Where(i => !stored.Contains(i.Name)).Select(i => (i.Name, Declared(i.Type?.TensorType?.Shape)))],
            []);
    }

    private static Shape? Declared(TensorShapeProto? shape) => shape is null ? null : [.. shape.Dim.Select(Extent)];

    private static Dim Extent(TensorShapeProto.Types.Dimension dim) =>
        dim.HasDimValue && dim.DimValue >= 0 ? dim.DimValue : Dim.Named(dim.DimParam.Length > 0 ? dim.DimParam : "?");
}
