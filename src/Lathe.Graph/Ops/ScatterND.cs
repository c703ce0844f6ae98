using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Data (input 0) with slices of the updates (input 2) put where the index vectors along the last axis of the indices (input 1) say, one after another. Indices as in
/// <see cref="Gather"/>.
/// </summary>
public sealed record ScatterND(ScatterReduction Reduction = ScatterReduction.None) : LoopOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Scattering.Check(this, inputs, Reduction);
        var gathered = new GatherND().InferType([inputs[0], inputs[1]]);
        if (gathered.Shape != inputs[2].Shape)
            throw new ModelException("LATHE2079", $"the updates {inputs[2]} must have the shape {gathered.Shape}");
        return [inputs[0]];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (x, indices, updates, y) = (inputs[0], inputs[1], inputs[2], outputs[0]);
        if (x.ElementCount == 0)
            return new Block([]);
        int depth = (int)indices.Shape[^1];
        int lookUps = indices.Rank - 1;
        return Stmt.Sequence(LoopNest.Copy(x, y, "i"), LoopNest.Over(updates.Shape, "j", index =>
        {
            var at = Enumerable.Range(0, depth).Select(axis => GatherIndex.Of(indices[[.. index.Take(lookUps), axis]], x.Shape[axis]));
            return Scattering.Update(y, [.. at, .. index.Skip(lookUps)], updates[index], Reduction);
        }));
    }
}
