using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>Keeps operators on scaled integers whole beside what they compute, so that they can be written again.</summary>
internal static class WholeOperators
{
    /// <summary>The results with the operator around the first, where it has scaled operands or results, and can be said by them and numbers.</summary>
    public static IReadOnlyList<Slot?> Keep(NodeContext node, IReadOnlyList<Slot?> results)
    {
        int count = node.InputCount;
        while (count > 0 && !node.Has(count - 1))
            count--;
        if (results is not [Slot.Bound { Value: var value }] || node.OutputCount != 1 || !Enumerable.Range(0, count).All(node.Has)
            || OperatorOptions.Read(node.Code.Builtin, node.Operator.Options) is not { } options)
            return results;
        LiteTensor[] tensors = [node.OutputTensor(), .. Enumerable.Range(0, count).Select(node.TensorOf)];
        if (!tensors.Any(IsScaled) || tensors.Any(t => t.IsVariable))
            return results;
        Value[] values = [value, .. Enumerable.Range(0, count).Select(node.In)];
        var scalings = tensors.Zip(values, (t, v) => ScalingOf(t, v.Type)).ToArray();
        if (scalings.Contains(null))
            return results;
        var op = new QuantizedOperator(node.Code.Builtin.ToString(), options, [.. scalings.Skip(1).Select(s => s!)], scalings[0]!);
        return [new Slot.Bound(node.Add(op, values))];
    }

    /// <summary>What a tensor stands for; null where its scales do not suit its shape. Some converters give a bias the axis of its weights.</summary>
    private static Scaling? ScalingOf(LiteTensor tensor, TensorType type)
    {
        var scaling = tensor.Quantization?.ToScaling() ?? Scaling.None;
        if (scaling.Scales.Count <= 1)
            return scaling;
        if (type.Rank == 1)
            scaling = scaling with { Axis = 0 };
        return scaling.Axis >= 0 && scaling.Axis < type.Rank && type.Shape[scaling.Axis] == scaling.Scales.Count ? scaling : null;
    }

    private static bool IsScaled(LiteTensor tensor) => tensor.Type is LiteType.Int8 or LiteType.UInt8 or LiteType.Int16 or LiteType.Int4 && tensor.Quantization is not null;
}
