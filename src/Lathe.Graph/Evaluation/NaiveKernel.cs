using Lathe.Loops;
using Lathe.Loops.Passes;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Evaluation;

/// <summary>
/// Kernels straight from the meaning of ops: a loop over each axis of the output, and inside it a loop nest with an
/// accumulator for each reduction. They are slow and plain, which makes them the measure of faster ones.
/// </summary>
public static class NaiveKernel
{
    /// <summary>
    /// The kernel of a primitive op for inputs of known shapes. The outermost axis is a parallel loop. Arithmetic on half-width floats
    /// is done in f32.
    /// </summary>
    public static Kernel Of(PrimitiveOp op, IReadOnlyList<TensorType> inputs, TensorType output)
    {
        var sources = Inputs(inputs);
        var target = new Buffer("y", output.Element, output.Shape.ToArray());
        var index = Enumerable.Range(0, target.Rank).Select(axis => new Var($"i{axis}")).ToArray();
        var element = PromoteHalf.Run(op.Define(sources, output, index));
        var body = new ReductionLowering().Lower(element, value => target.Store(index, Build.Cast(target.Element, value)));
        for (int axis = target.Rank - 1; axis >= 0; axis--)
            body = new For(index[axis], 0, target.Shape[axis], axis == 0 ? LoopKind.Parallel : LoopKind.Serial, body);
        return new Kernel(op.Name, sources, [target], [], body);
    }

    /// <summary>The kernel of an op that is given as loops.</summary>
    public static Kernel Of(LoopOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var sources = Inputs(inputs);
        var targets = outputs.Select((type, i) => new Buffer($"y{i}", type.Element, type.Shape.ToArray())).ToEquatableArray();
        return new Kernel(op.Name, sources, targets, [], op.Write(sources, targets));
    }

    private static EquatableArray<Buffer> Inputs(IReadOnlyList<TensorType> types) =>
        types.Select((type, i) => new Buffer($"x{i}", type.Element, type.Shape.ToArray())).ToEquatableArray();
}
