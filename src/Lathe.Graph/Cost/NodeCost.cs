namespace Lathe.Graphs.Cost;

/// <summary>
/// What one node costs. MACs are multiply-accumulates; FLOPs are Lathe's own count, two a MAC and one an elementwise result.
/// Parameters are those that no earlier node of the graph has counted. ActivationBytes is the size of its outputs.
/// </summary>
public sealed record NodeCost(Node Node, long Macs, long Flops, long Parameters, long WeightBytes, long ActivationBytes);
