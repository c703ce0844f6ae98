using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// floor(x * scale + offset) as i32, without rounding on the way up to 24 bits. Inputs: x (i32, rounded to f32 where it takes more than 24 bits), scale and offset (f32), which
/// broadcast to x. With <paramref name="Split"/> there is a fourth, the rest of the scale: offset + x * rest, rounded to f32, takes the offset's place.
/// </summary>
public sealed record FloorScale(bool Split) : ElementwiseOp
{
    public override int Arity => Split ? 4 : 3;

    public override Expr Apply(IReadOnlyList<Expr> inputs, DType output)
    {
        var x = Build.Cast(DType.Float32, inputs[0]);
        return Build.FloorFma(x, inputs[1], Split ? Build.Fma(x, inputs[3], inputs[2]) : inputs[2]);
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) =>
        inputs[0] == DType.Int32 && inputs.Skip(1).All(i => i == DType.Float32)
            ? DType.Int32
            : throw new ModelException("LATHE2003", $"{Name} takes i32 and f32, and was given {string.Join(", ", inputs.Select(t => t.Name))}");
}
