using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx;

/// <summary>What a model's file says about itself.</summary>
/// <param name="Opsets">The version of each domain; ONNX's own is "".</param>
/// <param name="Inputs">Those without a stored value, with the shapes that the model declares; null where it declares none.</param>
public sealed record OnnxModelInfo(
    string Producer,
    string ProducerVersion,
    long IrVersion,
    IReadOnlyDictionary<string, long> Opsets,
    string GraphName,
    IReadOnlyList<(string Name, Shape? Shape)> Inputs)
{
    /// <summary>Reads a file; what it holds besides is not checked.</summary>
    public static OnnxModelInfo Read(string path)
    {
        var model = ModelFile.Read(path);
        var stored = model.Graph.Initializer.Select(t => t.Name).ToHashSet();
        return new(
            model.ProducerName,
            model.ProducerVersion,
            model.IrVersion,
            model.OpsetImport.GroupBy(o => o.Domain is "ai.onnx" ? "" : o.Domain).ToDictionary(g => g.Key, g => g.Max(o => o.Version)),
            model.Graph.Name,
            [.. model.Graph.Input.Where(i => !stored.Contains(i.Name)).Select(i => (i.Name, Declared(i.Type?.TensorType?.Shape)))]);
    }

    private static Shape? Declared(TensorShapeProto? shape) => shape is null ? null : [.. shape.Dim.Select(Extent)];

    private static Dim Extent(TensorShapeProto.Types.Dimension dim) =>
        dim.HasDimValue && dim.DimValue >= 0 ? dim.DimValue : Dim.Named(dim.DimParam.Length > 0 ? dim.DimParam : "?");
}
