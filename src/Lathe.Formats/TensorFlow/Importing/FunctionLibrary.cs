using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>The functions of a model by their names, and the outputs of ops, which functions name.</summary>
internal sealed class FunctionLibrary
{
    private readonly Dictionary<string, FunctionDef> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OpDef> _ops = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Body> _bodies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _effects = new(StringComparer.Ordinal);

    public FunctionLibrary(GraphDef graph, OpList? ops)
    {
        foreach (var function in graph.Library?.Function ?? [])
            if (function.Signature is { } signature && !_functions.TryAdd(signature.Name, function))
                throw new ModelException("LATHE3515", $"two functions have the name '{signature.Name}'");
        foreach (var op in ops?.Op ?? [])
            _ops.TryAdd(op.Name, op);
    }

    public bool Has(string name) => _functions.ContainsKey(name);

    public Body Get(string name)
    {
        if (!_functions.TryGetValue(name, out var function))
            throw new ModelException("LATHE3516", $"there is no function '{name}', which is called");
        if (!_bodies.TryGetValue(name, out var body))
            _bodies.Add(name, body = Body.OfFunction(function, this));
        return body;
    }

    /// <summary>The functions that a node calls, as the value of an attribute or as its own op.</summary>
    public IEnumerable<string> CalledBy(NodeDef node)
    {
        if (Has(node.Op))
            yield return node.Op;
        foreach (var attribute in node.Attr.Values)
        {
            if (attribute.Func is { } function && Has(function.Name))
                yield return function.Name;
            foreach (var listed in attribute.List?.Func ?? [])
                if (Has(listed.Name))
                    yield return listed.Name;
        }
    }

    /// <summary>Whether a function changes what a resource holds. One that calls itself, which none may, counts as if it did not.</summary>
    public bool MayHaveEffects(string name)
    {
        if (_effects.TryGetValue(name, out bool known))
            return known;
        _effects[name] = false;
        return _effects[name] = Get(name).HasEffects;
    }

    /// <summary>The number among all outputs of element <paramref name="index"/> of a node's output argument.</summary>
    public int OutputOf(NodeDef node, string argument, int index)
    {
        if (_functions.TryGetValue(node.Op, out var function))
            return Offset(function.Signature, node, argument) + index;
        if (_ops.TryGetValue(node.Op, out var op))
            return Offset(op, node, argument) + index;
        return KnownOutputs.OffsetOf(node.Op, argument) + index;
    }

    private static int Offset(OpDef op, NodeDef node, string argument)
    {
        int offset = 0;
        foreach (var output in op.OutputArg)
        {
            if (output.Name == argument)
                return offset;
            offset += output switch
            {
                { NumberAttr.Length: > 0 } => node.Attr.TryGetValue(output.NumberAttr, out var number) ? (int)Math.Clamp(number.I, 0, 1 << 20) : 1,
                { TypeListAttr.Length: > 0 } => node.Attr.TryGetValue(output.TypeListAttr, out var types) ? types.List?.Type.Count ?? 0 : 0,
                _ => 1,
            };
        }
        throw new ModelException("LATHE3517", $"'{node.Name}' ({node.Op}) has no output '{argument}', which is read");
    }
}
