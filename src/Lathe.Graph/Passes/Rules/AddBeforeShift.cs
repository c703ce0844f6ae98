using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>((p + a) >> s) + c = (p + (a + c * 2^s)) >> s for a constant number c, such as a zero point, where the sum is sure to fit 32 bits.</summary>
public sealed class AddBeforeShift : Rule<Add>
{
    protected override Value? Apply(Node node, Add op, RewriteContext context)
    {
        if (Patterns.WithConstant(node) is not (var scaled, { Constant: { Count: 1, Type: DType.Int32 } number }) || scaled.Op is not ShiftedProduct product
            || !context.IsUsedOnce(scaled) || scaled.Type != node.Output.Type || scaled.Node.Inputs is not [var x, var multiplier, { Constant: { } addends }, { Constant: { } shifts }]
            || addends.Shape != shifts.Shape)
            return null;
        long moved = number.GetInt64(0);
        var sums = addends.ToInt64Array().Zip(shifts.ToInt64Array(), (a, s) => a + (moved << (int)s)).ToArray();
        if (sums.Length == 0 || (IntegerBound.Of(x) >> (product.Drop - 31)) + sums.Max(Math.Abs) + 2 > int.MaxValue)
            return null;
        var addend = context.Builder.Constant(Tensor.Of(addends.Shape, sums.Select(s => (int)s).ToArray()));
        return context.Builder.Add(product, x, multiplier, addend, scaled.Node.Inputs[3]);
    }
}
