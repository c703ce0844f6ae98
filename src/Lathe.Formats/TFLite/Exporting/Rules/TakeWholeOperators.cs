using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>An operator that a model has kept whole is written as it was.</summary>
internal sealed class TakeWholeOperators : Rule<QuantizedOperator>
{
    protected override Value? Apply(Node node, QuantizedOperator op, RewriteContext context) =>
        context.Builder.Add(new WholeOperator(op, node.Output.Type), [.. node.Inputs.Skip(1)]);
}
