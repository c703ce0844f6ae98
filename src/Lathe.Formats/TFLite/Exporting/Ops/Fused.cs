using System.Collections.Immutable;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Ops;

/// <summary>An op with what a TFLite operator takes along: a bias along the last axis, which is the last input then, and an activation.</summary>
internal sealed record Fused(Op Main, bool HasBias, ActivationKind Activation) : CompositeOp
{
    /// <summary>The op that a node is written as.</summary>
    public static Op MainOf(Op op) => op is Fused fused ? fused.Main : op;

    /// <summary>What an operator can do to its results last, of the ops that mean it.</summary>
    public static ActivationKind? KindOf(Op op) => op switch
    {
        Relu => ActivationKind.Relu,
        Clip { Min: 0, Max: null } => ActivationKind.Relu,
        Clip { Min: 0, Max: 6 } => ActivationKind.Relu6,
        Clip { Min: -1, Max: 1 } => ActivationKind.ReluN1To1,
        _ => null,
    };

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => Main.Infer([.. inputs.SkipLast(HasBias ? 1 : 0)]);

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var y = b.Add(Main, [.. inputs.SkipLast(HasBias ? 1 : 0)]);
        if (HasBias)
            y = b.Add(new Add(), y, inputs[^1]);
        return
        [
            Activation switch
            {
                ActivationKind.None => y,
                ActivationKind.Relu => b.Add(new Relu(), y),
                ActivationKind.Relu6 => b.Add(new Clip(0, 6), y),
                ActivationKind.ReluN1To1 => b.Add(new Clip(-1, 1), y),
                _ => throw new InternalException("LATHE3601", $"the activation {Activation} is not written"),
            },
        ];
    }
}
