using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Elements put back where <see cref="MaxPoolIndices"/> found them, all others 0. Inputs: x, and i64 indices into a flattened tensor of shape
/// <paramref name="Indexed"/>, which lies at the start of each axis of the output.
/// </summary>
public sealed record MaxUnpool(Shape Indexed, Shape NewShape) : LoopOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        ElementTypes.Integer(this, inputs[1].Element);
        if (inputs[0].Shape != inputs[1].Shape)
            throw new ModelException("LATHE2078", $"the elements {inputs[0]} and the indices {inputs[1]} differ in shape");
        if (Indexed.Rank != NewShape.Rank || Indexed.Zip(NewShape).Any(d => d.First.Value > d.Second.Value))
            throw new ModelException("LATHE2081", $"the shape {Indexed} does not lie within {NewShape}");
        return [inputs[0].WithShape(NewShape)];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, indices, y) = (inputs[0], inputs[1], outputs[0]);
        long count = Indexed.ElementCount;
        var clear = LoopNest.Over(y.Shape, "i", index => y.Store(index, Build.Const(0, y.Element)));
        if (count == 0)
            return clear;
        var strides = Indexed.Strides();
        return Stmt.Sequence(clear, LoopNest.Over(x.Shape, "j", index =>
        {
            var flat = Build.Clamp(Build.Cast(DType.Int64, indices[index]), count);
            return y.Store(strides.Select((stride, axis) => Build.FloorMod(Build.FloorDiv(flat, stride), Indexed[axis].Value)), x[index]);
        }));
    }
}
