namespace Lathe.Graphs.Cost;

/// <summary>Lathe's own: two for a multiply-accumulate, one for each result of an elementwise op, and what composites are made of.</summary>
internal sealed class LatheFlops : IFlopDialect
{
    public string Name => "lathe";

    public string Unit => "FLOPs";

    public long? Count(Node node) => node.Op.Flops(node);
}
