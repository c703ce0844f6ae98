namespace Lathe.Graphs.Cost;

/// <summary>As thop before June 2022: as today's, and a convolution's bias adds one for each output.</summary>
internal sealed class ThopLegacyMacs : ThopMacs
{
    public override string Name => "thop-legacy";

    public override long? Count(Node node) => ChannelBias.IsOfConv(node) ? Outputs(node) : base.Count(node);
}
