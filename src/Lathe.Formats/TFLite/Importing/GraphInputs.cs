using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>Makes a graph's inputs of the model's, with the shapes that the user gave.</summary>
internal static class GraphInputs
{
    public static List<Value> Define(EntryPoint entry, GraphBuilder builder, ImportOptions options)
    {
        var scope = entry.Scope;
        foreach (var (name, _) in options.InputShapes)
            if (!entry.InputNames.Contains(name))
                throw new ModelException("LATHE3002", $"the model has no input '{name}'", $"its inputs are: {string.Join(", ", entry.InputNames)}");
        var values = new List<Value>();
        foreach (var (index, name) in entry.Inputs)
        {
            var tensor = scope.Tensor(index);
            try
            {
                builder.Origin = name;
                var shape = options.ShapeGiven(name, Declared(name, tensor)) ?? ShapeOf(name, tensor, options);
                var value = builder.Input(name, new(TensorReader.Element(tensor.Type, name), shape));
                scope.Define(index, new Slot.Bound(value));
                values.Add(value);
            }
            catch (UnsupportedException e)
            {
                scope.Define(index, new Slot.Lacking(e.Message));
            }
        }
        return values;
    }

    /// <summary>An input's shape with symbols for what the model leaves open.</summary>
    public static Shape Declared(string name, LiteTensor tensor)
    {
        var shape = TensorReader.ShapeOf(tensor);
        int[] signature = tensor.ShapeSignature;
        return signature.Length != shape.Rank ? shape : [.. shape.Select((dim, axis) => signature[axis] < 0 ? Dim.Named($"{name}.{axis}") : dim)];
    }

    /// <summary>What the user gives wins over the model: TensorFlow Lite lets inputs be resized too.</summary>
    private static Shape ShapeOf(string name, LiteTensor tensor, ImportOptions options)
    {
        var declared = Declared(name, tensor);
        if (options.InputShapes.TryGet(name, out var given))
        {
            if (given.Rank != declared.Rank && declared.Rank > 0)
                throw new ModelException("LATHE3003", $"the input '{name}' has {declared.Rank} axes and the given shape {given} {given.Rank}");
            return [.. given.Select((dim, axis) => dim.IsKnown ? dim : axis < declared.Rank && declared[axis].IsKnown ? declared[axis] : Open(dim))];
        }
        return [.. declared.Select(d => d.IsKnown ? d : Open(d))];

        Dim Open(Dim dim) => options.BindSymbols ? options.DefaultDim : dim;
    }
}
