using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>
/// Makes image ops read and write channels-last, with a transpose before and after each. Later rules move these transposes
/// and cancel them.
/// </summary>
public sealed class ToChannelsLast() : RewritePass(nameof(ToChannelsLast), new ConvToChannelsLast(), new ConvTransposeToChannelsLast(), new PoolToChannelsLast())
{
    internal static EquatableArray<int> LastFromFirst(int rank) => [0, .. Enumerable.Range(2, rank - 2), 1];

    internal static EquatableArray<int> FirstFromLast(int rank) => [0, rank - 1, .. Enumerable.Range(1, rank - 2)];

    private static Value Around(RewriteContext context, Value x, Func<Value, Value> op)
    {
        int rank = x.Type.Rank;
        var last = context.Builder.Add(new Transpose(LastFromFirst(rank)), x);
        return context.Builder.Add(new Transpose(FirstFromLast(rank)), op(last));
    }

    /// <summary>Convolutions: weights [O, I, spatial...] become [spatial..., I, O].</summary>
    private sealed class ConvToChannelsLast : Rule<Conv>
    {
        protected override Value? Apply(Node node, Conv op, RewriteContext context)
        {
            if (op.Layout == Layout.ChannelsLast)
                return null;
            int rank = node.Output.Type.Rank;
            var weights = context.Builder.Add(new Transpose([.. Enumerable.Range(2, rank - 2), 1, 0]), node.Inputs[1]);
            return Around(context, node.Inputs[0], x => context.Builder.Add(op with { Layout = Layout.ChannelsLast }, x, weights));
        }
    }

    /// <summary>Transposed convolutions: weights [I, O, spatial...] become [spatial..., I, O].</summary>
    private sealed class ConvTransposeToChannelsLast : Rule<ConvTranspose>
    {
        protected override Value? Apply(Node node, ConvTranspose op, RewriteContext context)
        {
            if (op.Layout == Layout.ChannelsLast)
                return null;
            int rank = node.Output.Type.Rank;
            var weights = context.Builder.Add(new Transpose([.. Enumerable.Range(2, rank - 2), 0, 1]), node.Inputs[1]);
            return Around(context, node.Inputs[0], x => context.Builder.Add(op with { Layout = Layout.ChannelsLast }, x, weights));
        }
    }

    private sealed class PoolToChannelsLast : Rule
    {
        public override Value? Apply(Node node, RewriteContext context)
        {
            Op? last = node.Op switch
            {
                MaxPool { Layout: Layout.ChannelsFirst } op => op with { Layout = Layout.ChannelsLast },
                AveragePool { Layout: Layout.ChannelsFirst } op => op with { Layout = Layout.ChannelsLast },
                LpPool { Layout: Layout.ChannelsFirst } op => op with { Layout = Layout.ChannelsLast },
                _ => null,
            };
            return last is null ? null : Around(context, node.Inputs[0], x => context.Builder.Add(last, x));
        }
    }
}
