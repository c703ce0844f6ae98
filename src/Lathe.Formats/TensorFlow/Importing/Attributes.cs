using System.Text;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;
using Kind = Lathe.Formats.TensorFlow.Protobuf.AttrValue.ValueOneofCase;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>A node's attributes by their names. One that is left out has the default that the caller knows; one of another kind is an error.</summary>
internal sealed class Attributes(NodeDef node)
{
    public bool Has(string name) => node.Attr.TryGetValue(name, out var value) && value.ValueCase is not (Kind.None or Kind.Placeholder);

    public long Int(string name, long otherwise = 0) => Find(name, Kind.I)?.I ?? otherwise;

    public bool Flag(string name, bool otherwise = false) => Find(name, Kind.B)?.B ?? otherwise;

    public float Float(string name, float otherwise = 0) => Find(name, Kind.F)?.F ?? otherwise;

    public string Text(string name, string otherwise = "") => Find(name, Kind.S) is { } value ? Encoding.UTF8.GetString(value.S.Span) : otherwise;

    public long[] Ints(string name, params long[] otherwise) => Find(name, Kind.List) is { } value ? [.. value.List.I] : otherwise;

    public string[] Texts(string name) => Find(name, Kind.List) is { } value ? [.. value.List.S.Select(s => s.ToStringUtf8())] : [];

    public float[] Floats(string name) => Find(name, Kind.List) is { } value ? [.. value.List.F] : [];

    public DataType Type(string name, DataType otherwise = DataType.Unknown) => Find(name, Kind.Type) is { } value ? DataTypes.Of(value.Type) : otherwise;

    /// <summary>The number of types in a list, which is the number of operands or outputs.</summary>
    public int TypeCount(string name) => Find(name, Kind.List)?.List.Type.Count ?? 0;

    public DType Element(string name, DataType otherwise = DataType.Unknown) => DataTypes.Element(Type(name, otherwise));

    public TensorProto? Tensor(string name) => Find(name, Kind.Tensor)?.Tensor;

    public TensorShapeProto? Shape(string name) => Find(name, Kind.Shape)?.Shape;

    /// <summary>The shape that a graph notes for an output, or null.</summary>
    public Shape? OutputShape(int output, string name) => Find("_output_shapes", Kind.List)?.List.Shape is { } shapes && output < shapes.Count ? Shapes.Open(shapes[output], name) : null;

    public string Function(string name) => Find(name, Kind.Func)?.Func.Name ?? throw new ModelException("LATHE3520", $"its attribute {name} is missing");

    public IReadOnlyList<string> Functions(string name) => Find(name, Kind.List) is { } value ? [.. value.List.Func.Select(f => f.Name)] : [];

    private AttrValue? Find(string name, Kind kind)
    {
        if (!node.Attr.TryGetValue(name, out var value) || value.ValueCase is Kind.None or Kind.Placeholder)
            return null;
        return value.ValueCase == kind ? value : throw new ModelException("LATHE3520", $"its attribute {name} is of another kind than {kind}");
    }
}
