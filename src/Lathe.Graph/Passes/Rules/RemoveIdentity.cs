using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Removes ops that give their input as it is.</summary>
public sealed class RemoveIdentity : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        bool identity = node.Op switch
        {
            Identity or QuantizedOperator => true,
            Cast cast => cast.To == node.Inputs[0].Element,
            Reshape or Expand => node.Inputs[0].Type == node.Output.Type,
            Transpose transpose => transpose.Permutation.Select((p, i) => p == i).All(same => same),
            Slice slice => node.Inputs[0].Type == node.Output.Type && slice.Steps.All(s => s == 1),
            Pad pad => pad.Before.All(p => p == 0) && pad.After.All(p => p == 0),
            Tile tile => tile.Repeats.All(r => r == 1),
            Concat => node.Inputs.Length == 1,
            Clip { Min: null, Max: null } => true,
            _ => false,
        };
        return identity ? node.Inputs[0] : null;
    }
}
