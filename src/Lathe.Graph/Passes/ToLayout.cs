using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>
/// Makes image ops read and write one layout, with a transpose before and after each op of the other. Later rules move these transposes
/// and cancel them.
/// </summary>
public sealed class ToLayout(Layout target) : RewritePass($"To{target}", new TurnConv(target), new TurnConvTranspose(target), new TurnImageOp(target))
{
    /// <summary>The layout of an image op that can have either; null for other ops.</summary>
    public static Layout? LayoutOf(Op op) => op switch
    {
        Conv conv => conv.Layout,
        ConvInteger conv => conv.Layout,
        QLinearConv conv => conv.Layout,
        ConvTranspose conv => conv.Layout,
        MaxPool pool => pool.Layout,
        AveragePool pool => pool.Layout,
        AveragePoolInteger pool => pool.Layout,
        LpPool pool => pool.Layout,
        DepthToSpace move => move.Layout,
        SpaceToDepth move => move.Layout,
        LRN norm => norm.Layout,
        _ => null,
    };

    /// <summary>The permutation of an image's axes that gives the layout from the other one.</summary>
    internal static EquatableArray<int> Turn(Layout target, int rank) => target == Layout.ChannelsLast
        ? [0, .. Enumerable.Range(2, rank - 2), 1]
        : [0, rank - 1, .. Enumerable.Range(1, rank - 2)];

    /// <summary>The permutation of a convolution's weights [O, I, spatial...] that gives [spatial..., I, O], or the other way.</summary>
    internal static EquatableArray<int> TurnWeights(Layout target, int rank) => target == Layout.ChannelsLast
        ? [.. Enumerable.Range(2, rank - 2), 1, 0]
        : [rank - 1, rank - 2, .. Enumerable.Range(0, rank - 2)];

    internal static Layout Other(Layout layout) => layout == Layout.ChannelsLast ? Layout.ChannelsFirst : Layout.ChannelsLast;

    private static Value Around(RewriteContext context, Layout target, Value x, Func<Value, Value> op)
    {
        int rank = x.Type.Rank;
        var turned = context.Builder.Add(new Transpose(Turn(target, rank)), x);
        return context.Builder.Add(new Transpose(Turn(Other(target), rank)), op(turned));
    }

    /// <summary>Convolutions: weights [O, I, spatial...] against [spatial..., I, O]. Zero points are one, or one an output channel.</summary>
    private sealed class TurnConv(Layout target) : Rule
    {
        public override Value? Apply(Node node, RewriteContext context)
        {
            Op? turned = node.Op switch
            {
                Conv op when op.Layout != target => op with { Layout = target },
                ConvInteger op when op.Layout != target => op with { Layout = target },
                QLinearConv op when op.Layout != target => op with { Layout = target },
                _ => null,
            };
            if (turned is null)
                return null;
            Value[] operands = [.. node.Inputs];
            int weights = turned is QLinearConv ? 3 : 1;
            operands[weights] = context.Builder.Add(new Transpose(TurnWeights(target, node.Output.Type.Rank)), operands[weights]);
            return Around(context, target, node.Inputs[0], x => context.Builder.Add(turned, [x, .. operands.Skip(1)]));
        }
    }

    /// <summary>Transposed convolutions: weights [I, O, spatial...] against [spatial..., I, O].</summary>
    private sealed class TurnConvTranspose(Layout target) : Rule<ConvTranspose>
    {
        protected override Value? Apply(Node node, ConvTranspose op, RewriteContext context)
        {
            if (op.Layout == target)
                return null;
            int rank = node.Output.Type.Rank;
            EquatableArray<int> order = target == Layout.ChannelsLast ? [.. Enumerable.Range(2, rank - 2), 0, 1] : [rank - 2, rank - 1, .. Enumerable.Range(0, rank - 2)];
            var weights = context.Builder.Add(new Transpose(order), node.Inputs[1]);
            return Around(context, target, node.Inputs[0], x => context.Builder.Add(op with { Layout = target }, x, weights));
        }
    }

    /// <summary>Ops of one image.</summary>
    private sealed class TurnImageOp(Layout target) : Rule
    {
        public override Value? Apply(Node node, RewriteContext context)
        {
            Op? turned = node.Op switch
            {
                MaxPool op when op.Layout != target => op with { Layout = target },
                AveragePool op when op.Layout != target => op with { Layout = target },
                AveragePoolInteger op when op.Layout != target => op with { Layout = target },
                LpPool op when op.Layout != target => op with { Layout = target },
                DepthToSpace op when op.Layout != target => op with { Layout = target },
                SpaceToDepth op when op.Layout != target => op with { Layout = target },
                LRN op when op.Layout != target => op with { Layout = target },
                _ => null,
            };
            return turned is null ? null : Around(context, target, node.Inputs[0], x => context.Builder.Add(turned, x));
        }
    }
}
