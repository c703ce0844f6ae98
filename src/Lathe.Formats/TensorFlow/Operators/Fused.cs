using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Several operators in one, as TensorFlow's graph optimizer and converters write them: the attribute fused_ops names what follows the product.</summary>
internal static class Fused
{
    /// <summary>Operands: data, weights, and what the operators that follow take.</summary>
    public static Func<NodeContext, Value> Product(Func<NodeContext, Value> product) => node =>
    {
        var value = product(node);
        int next = 2;
        foreach (string op in node.Attributes.Texts("fused_ops"))
        {
            switch (op)
            {
                case "BiasAdd":
                    value = Convolutions.WithBias(node, value, node.In(next++));
                    break;
                case "Add":
                    value = node.Add(new Add(), value, node.In(next++));
                    break;
                case "FusedBatchNorm":
                    var norm = new BatchNormalization(node.Attributes.Float("epsilon", 0.0001f), ImageFormat.Of(node, value.Type.Rank).Layout);
                    value = node.Add(norm, value, node.In(next), node.In(next + 1), node.In(next + 2), node.In(next + 3));
                    next += 4;
                    break;
                default:
                    value = Activated(node, value, op);
                    break;
            }
        }
        return value;
    };

    /// <summary>FusedBatchNorm with a sum of another operand behind it, where there is one, and an activation.</summary>
    public static IReadOnlyList<Value> BatchNorm(NodeContext node)
    {
        var results = Normalization.FusedBatchNorm(node);
        var y = node.Attributes.Int("num_side_inputs") > 0 ? node.Add(new Add(), results[0], node.In(5)) : results[0];
        return [Activated(node, y, node.Attributes.Text("activation_mode", "Identity")), .. results.Skip(1)];
    }

    private static Value Activated(NodeContext node, Value x, string activation) => activation switch
    {
        "Identity" => x,
        "Relu" => node.Add(new Relu(), x),
        "Relu6" => node.Add(new Clip(0, 6), x),
        "Elu" => node.Add(new Elu(1), x),
        "LeakyRelu" => node.Add(new LeakyRelu(node.Attributes.Float("leakyrelu_alpha", 0.2f)), x),
        "Tanh" => node.Add(new Tanh(), x),
        "Sigmoid" => node.Add(new Sigmoid(), x),
        "GeluExact" => node.Add(new Gelu(), x),
        "GeluApproximate" => node.Add(new Gelu(Tanh: true), x),
        "_FusedHardSwish" => node.Add(new HardSwish(), x),
        "_MklSwish" => node.Add(new Swish(), x),
        _ => throw node.Unsupported($"'{activation}' in it is not supported"),
    };
}
