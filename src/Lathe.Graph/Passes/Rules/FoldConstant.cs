using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Computes a node that reads constants only. Results that would make the model much larger are left alone.</summary>
/// <param name="stays">Ops that are left alone too.</param>
/// <param name="widens">Whether elements may become wider, as weights do that are stored as bytes: what is left alone is computed in every run.</param>
public sealed class FoldConstant(GraphEvaluator evaluator, Func<Op, bool>? stays = null, bool widens = false) : Rule
{
    /// <summary>A folded value may be this large whatever it is made of.</summary>
    private const long FreeBytes = 1 << 20;

    /// <summary>A folded value may have twice the elements of what it is made of, up to this size: repeated doubling would have no end.</summary>
    private const long DoubledBytes = 32 << 20;

    /// <summary>A folded value of wider elements, no more than it is made of, may be this large.</summary>
    private const long WidenedBytes = 512 << 20;

    public override Value? Apply(Node node, RewriteContext context) =>
        node.Op is PrimitiveOp or CompositeOp or LoopOp && stays?.Invoke(node.Op) != true && node.Output.Shape.IsKnown && node.Inputs.All(i => i.Constant is not null) && IsSmall(node)
            ? context.Builder.Constant(evaluator.Apply(node.Op, [.. node.Inputs.Select(i => i.Constant!)])[0])
            : null;

    private bool IsSmall(Node node)
    {
        long before = node.Inputs.Distinct().Sum(i => (long)i.Constant!.Bytes.Length);
        long elements = node.Output.Shape.ElementCount, size = node.Output.Element.Size;
        return elements <= Math.Max(FreeBytes, Math.Max(before, Math.Min(2 * before, DoubledBytes))) / size
            || (node.Op is Cast && 2 * before >= elements * size)
            || (widens && elements <= WidenedBytes / size && node.Inputs.Any(i => i.Constant!.Count >= elements));
    }
}
