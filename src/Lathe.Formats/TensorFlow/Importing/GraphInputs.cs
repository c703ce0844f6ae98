using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>Makes a graph's inputs of the model's, with the shapes that the user gave.</summary>
internal static class GraphInputs
{
    public static List<Value> Define(ModelInterface model, GraphBuilder builder, ImportOptions options, Action<Endpoint, Slot> define)
    {
        foreach (var (name, _) in options.InputShapes)
            if (model.Inputs.All(i => i.Name != name))
                throw new ModelException("LATHE3521", $"the model has no input '{name}'", $"its inputs are: {string.Join(", ", model.Inputs.Select(i => i.Name))}");
        var values = new List<Value>();
        foreach (var input in model.Inputs)
        {
            try
            {
                builder.Origin = input.Name;
                var shape = options.ShapeGiven(input.Name, input.Shape) ?? ShapeOf(input, options);
                var value = builder.Input(input.Name, new(input.Element(), shape));
                define(input.At, new Slot.Bound(value));
                values.Add(value);
            }
            catch (UnsupportedException e)
            {
                define(input.At, new Slot.Lacking($"the input '{input.Name}': {e.Message}"));
            }
        }
        return values;
    }

    private static Shape ShapeOf(ModelInterface.Input input, ImportOptions options)
    {
        bool isGiven = options.InputShapes.TryGet(input.Name, out var given);
        if (input.Shape is not { } declared)
        {
            return isGiven
                ? [.. given!.Select(Bound)]
                : throw new ModelException("LATHE3522", $"the model does not say the shape of its input '{input.Name}'", $"give it: --input-shapes \"{input.Name}:[1,...]\"");
        }
        if (!isGiven)
            return [.. declared.Select(Bound)];
        if (given!.Rank != declared.Rank)
            throw new ModelException("LATHE3523", $"the input '{input.Name}' has {declared.Rank} axes and the given shape {given} {given.Rank}");
        for (int axis = 0; axis < declared.Rank; axis++)
            if (given[axis].IsKnown && declared[axis].IsKnown && given[axis] != declared[axis])
                throw new ModelException("LATHE3523", $"axis {axis} of the input '{input.Name}' is {declared[axis]}, and the given shape is {given}");
        return [.. given.Select((dim, axis) => dim.IsKnown ? dim : Bound(declared[axis]))];

        Dim Bound(Dim dim) => dim.IsKnown || !options.BindSymbols ? dim : options.DefaultDim;
    }
}
