using Lathe.Formats.Onnx.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>A node's attributes by name, with a function's parameters already in their place.</summary>
internal sealed class Attributes
{
    private readonly Dictionary<string, AttributeProto> _attributes = [];

    /// <param name="attributes">As the node has them.</param>
    /// <param name="parameters">The attributes of the call of the function whose body the node is in.</param>
    public Attributes(IEnumerable<AttributeProto> attributes, Attributes? parameters)
    {
        foreach (var attribute in attributes)
        {
            var value = attribute.RefAttrName.Length == 0 ? attribute : parameters?.Find(attribute.RefAttrName);
            if (value is not null && !_attributes.TryAdd(attribute.Name, value))
                throw new ModelException("LATHE3042", $"the attribute '{attribute.Name}' is given twice");
        }
    }

    /// <summary>These attributes, and others for names that these lack.</summary>
    public Attributes WithDefaults(IEnumerable<AttributeProto> defaults)
    {
        var result = new Attributes([], null);
        foreach (var (name, value) in _attributes)
            result._attributes[name] = value;
        foreach (var value in defaults)
            result._attributes.TryAdd(value.Name, value);
        return result;
    }

    public bool Has(string name) => _attributes.ContainsKey(name);

    public long Int(string name, long otherwise) => Get(name, AttributeProto.Types.AttributeType.Int)?.I ?? otherwise;

    public bool Flag(string name, bool otherwise = false) => Int(name, otherwise ? 1 : 0) != 0;

    public double Float(string name, double otherwise) => Get(name, AttributeProto.Types.AttributeType.Float)?.F ?? otherwise;

    public double? FloatOrNull(string name) => Has(name) ? Float(name, 0) : null;

    /// <summary>The string of an attribute that some opsets have as a string and others as a number.</summary>
    public string? TextIfText(string name) => Find(name) is { HasS: true } attribute ? attribute.S.ToStringUtf8() : null;

    public string Text(string name, string otherwise) => Get(name, AttributeProto.Types.AttributeType.String)?.S.ToStringUtf8() ?? otherwise;

    public long[]? Ints(string name) => Get(name, AttributeProto.Types.AttributeType.Ints)?.Ints.ToArray();

    public double[]? Floats(string name) => Get(name, AttributeProto.Types.AttributeType.Floats)?.Floats.Select(f => (double)f).ToArray();

    public string[]? Texts(string name) => Get(name, AttributeProto.Types.AttributeType.Strings)?.Strings.Select(s => s.ToStringUtf8()).ToArray();

    public TensorProto? Tensor(string name) => Get(name, AttributeProto.Types.AttributeType.Tensor)?.T;

    public GraphProto? Graph(string name) => Get(name, AttributeProto.Types.AttributeType.Graph)?.G;

    private AttributeProto? Find(string name) => _attributes.GetValueOrDefault(name);

    private AttributeProto? Get(string name, AttributeProto.Types.AttributeType type)
    {
        var attribute = Find(name);
        return attribute is null || !attribute.HasType || attribute.Type == type || attribute.Type == AttributeProto.Types.AttributeType.Undefined
            ? attribute
            : throw new ModelException("LATHE3043", $"the attribute '{name}' is of type {attribute.Type} and should be {type}");
    }
}
