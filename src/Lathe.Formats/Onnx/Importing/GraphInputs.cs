using Lathe.Formats.Onnx.Protobuf;
using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>
/// Makes a graph's inputs of the model's, with the shapes that the user gave. An extent that the model names is the same wherever
/// the name stands.
/// </summary>
internal static class GraphInputs
{
    public static List<Value> Define(IEnumerable<ValueInfoProto> inputs, Scope scope, GraphBuilder builder, ImportOptions options)
    {
        var infos = inputs.ToList();
        foreach (var (name, _) in options.InputShapes)
            if (infos.All(i => i.Name != name))
                throw new ModelException("LATHE3002", $"the model has no input '{name}'", $"its inputs are: {string.Join(", ", infos.Select(i => i.Name))}");

        var symbols = new Dictionary<string, Dim>();
        foreach (var info in infos)
            if (options.InputShapes.TryGet(info.Name, out var given) && info.Type?.TensorType is { } type)
                Bind(info.Name, type, given, symbols);

        var values = new List<Value>();
        foreach (var info in infos)
        {
            if (info.Type?.TensorType is not { } type)
            {
                scope.Define(info.Name, new Slot.Lacking($"the input '{info.Name}' is not a tensor ({info.Type?.ValueCase.ToString() ?? "no type"})"));
                continue;
            }
            DType element;
            try
            {
                element = OnnxTypes.Element(type.ElemType);
            }
            catch (UnsupportedException e)
            {
                scope.Define(info.Name, new Slot.Lacking($"the input '{info.Name}': {e.Message}"));
                continue;
            }
            catch (ModelException e)
            {
                throw new ModelException(e.Code, $"the input '{info.Name}': {e.Message}", e.Next, e);
            }
            builder.Origin = info.Name;
            var shape = options.ShapeGiven(info.Name, type.Shape is { } declared ? [.. declared.Dim.Select((dim, axis) => Declared(info.Name, axis, dim))] : null) ?? ShapeOf(info.Name, type, symbols, options);
            var value = builder.Input(info.Name, new(element, shape));
            scope.Define(info.Name, new Slot.Bound(value));
            values.Add(value);
        }
        return values;
    }

    private static void Bind(string name, TypeProto.Types.Tensor type, Shape given, Dictionary<string, Dim> symbols)
    {
        if (type.Shape is not { } shape)
            return;
        if (shape.Dim.Count != given.Rank)
            throw new ModelException("LATHE3003", $"the input '{name}' has {shape.Dim.Count} axes and the given shape {given} {given.Rank}");
        for (int axis = 0; axis < given.Rank; axis++)
        {
            if (!given[axis].IsKnown)
                continue;
            var declared = Declared(name, axis, shape.Dim[axis]);
            if (declared.IsKnown && declared != given[axis])
                throw new ModelException("LATHE3004", $"axis {axis} of the input '{name}' is {declared} in the model and {given[axis]} in the given shape {given}");
            if (!declared.IsKnown && !symbols.TryAdd(declared.Symbol, given[axis]) && symbols[declared.Symbol] != given[axis])
                throw new ModelException("LATHE3005", $"'{declared}' would be both {symbols[declared.Symbol]} and {given[axis]} (input '{name}', axis {axis})");
        }
    }

    private static Shape ShapeOf(string name, TypeProto.Types.Tensor type, Dictionary<string, Dim> symbols, ImportOptions options)
    {
        if (type.Shape is not { } shape)
        {
            var whole = options.InputShapes.TryGet(name, out var given) ? given : throw new ModelException("LATHE3006", $"the model does not say how many axes the input '{name}' has", "give its shape (--input-shapes)");
            return [.. whole.Select(d => d.IsKnown || !options.BindSymbols ? d : options.DefaultDim)];
        }
        return [.. shape.Dim.Select((dim, axis) => Declared(name, axis, dim)).Select(dim =>
            dim.IsKnown ? dim : symbols.TryGetValue(dim.Symbol, out var bound) ? bound : options.BindSymbols ? options.DefaultDim : dim)];
    }

    /// <summary>An extent as the model gives it; one without number and name gets the input's name and the axis.</summary>
    private static Dim Declared(string name, int axis, TensorShapeProto.Types.Dimension dim)
    {
        if (dim.HasDimValue && dim.DimValue >= 0)
            return dim.DimValue;
        return Dim.Named(dim.HasDimParam && dim.DimParam.Length > 0 ? dim.DimParam : $"{name}.{axis}");
    }
}
