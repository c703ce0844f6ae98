using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Data (input 0) with updates (input 2) put at [.., indices (input 1) at [.., i, ..], ..] along an axis, one after another. Indices as in <see cref="Gather"/>.
/// </summary>
public sealed record ScatterElements(int Axis, ScatterReduction Reduction = ScatterReduction.None) : LoopOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Scattering.Check(this, inputs, Reduction);
        var (x, indices) = (inputs[0], inputs[1]);
        new GatherElements(Axis).InferType([x, indices]);
        if (indices.Shape != inputs[2].Shape)
            throw new ModelException("LATHE2078", $"the indices {indices} and the updates {inputs[2]} differ in shape");
        return [x];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, indices, updates, y) = (inputs[0], inputs[1], inputs[2], outputs[0]);
        if (x.ElementCount == 0)
            return new Block([]);
        return Stmt.Sequence(LoopNest.Copy(x, y, "i"), LoopNest.Over(indices.Shape, "j", index =>
        {
            var along = GatherIndex.Of(indices[index], x.Shape[Axis]);
            return Scattering.Update(y, [.. index.Select((at, axis) => axis == Axis ? along : at)], updates[index], Reduction);
        }));
    }
}
