using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Recurrent cells with fused weights [inputs + hidden, gates * hidden].</summary>
internal static class Recurrent
{
    private const int MaxSteps = 4096;

    /// <summary>Operands: x, cell, h, weights, peepholes for i, f, o, bias. Outputs: i, cell, f, o, candidate, activated cell, h. Gates are in the order i, candidate, f, o.</summary>
    public static IReadOnlyList<Value> LstmCell(NodeContext node)
    {
        var peepholes = node.Attributes.Flag("use_peephole") ? (node.In(4), node.In(5), node.In(6)) : ((Value, Value, Value)?)null;
        float clip = node.Attributes.Float("cell_clip", -1);
        return Step(node, node.In(0), node.In(1), node.In(2), node.In(3), peepholes, node.In(7), node.Attributes.Float("forget_bias", 1), clip, 1);
    }

    /// <summary>Operands: the number of steps, x [time, batch, inputs], cell, h, weights, peepholes, bias. Outputs as of a cell, for all steps. The second version has the gates in the order i, f, candidate, o, and no bias of its own for f.</summary>
    public static Func<NodeContext, IReadOnlyList<Value>> BlockLstm(int version) => node =>
    {
        var x = node.In(1);
        if (x.Type.Rank != 3 || x.Shape[0].Value is < 1 or > MaxSteps)
            throw node.Unsupported($"{x.Type} should be time, batch and inputs, of 1 to {MaxSteps} steps");
        long length = node.Int(0, "number of steps");
        var peepholes = node.Attributes.Flag("use_peephole") ? (node.In(5), node.In(6), node.In(7)) : ((Value, Value, Value)?)null;
        float clip = node.Attributes.Float("cell_clip", version == 1 ? 3 : 0), forget = version == 1 ? node.Attributes.Float("forget_bias", 1) : 0;
        var (cell, h) = (node.In(2), node.In(3));
        var outputs = Enumerable.Range(0, 7).Select(_ => new List<Value>()).ToArray();
        var steps = node.Builder.Unpacked(x, 0);
        for (int time = 0; time < steps.Length; time++)
        {
            // Steps behind the end are zeros.
            var results = time < length
                ? Step(node, steps[time], cell, h, node.In(4), peepholes, node.In(8), forget, clip, version)
                : [.. Enumerable.Repeat(node.Builder.Filled(h.Shape, 0, h.Element), 7)];
            (cell, h) = (results[1], results[6]);
            for (int i = 0; i < 7; i++)
                outputs[i].Add(results[i]);
        }
        return [.. outputs.Select(o => node.Builder.Packed(o, 0))];
    };

    /// <summary>Operands: x, h, weights for r and u [inputs + hidden, 2 * hidden], for the candidate [inputs + hidden, hidden], their biases. Outputs: r, u, candidate, h.</summary>
    public static IReadOnlyList<Value> GruCell(NodeContext node)
    {
        var (x, h) = (node.In(0), node.In(1));
        Value Plus(Value a, Value b) => node.Add(new Add(), a, b);
        Value Times(Value a, Value b) => node.Add(new Mul(), a, b);
        Value Product(Value state, int weights, int bias) => Plus(node.Add(new MatMul(), node.Add(new Concat(1), x, state), node.In(weights)), node.In(bias));
        var gates = node.Builder.Parted(node.Add(new Sigmoid(), Product(h, 2, 4)), 1, [h.Shape[1].Value, h.Shape[1].Value]);
        var candidate = node.Add(new Tanh(), Product(Times(gates[0], h), 3, 5));
        var next = Plus(Times(gates[1], h), Times(node.Add(new Sub(), node.ScalarLike(1, h), gates[1]), candidate));
        return [gates[0], gates[1], candidate, next];
    }

    private static Value[] Step(
        NodeContext node, Value x, Value cell, Value h, Value weights, (Value I, Value F, Value O)? peepholes, Value bias, float forgetBias, float clip, int version)
    {
        Value Plus(Value a, Value b) => node.Add(new Add(), a, b);
        Value Times(Value a, Value b) => node.Add(new Mul(), a, b);
        if (h.Type.Rank != 2)
            node.Fail($"the state {h.Type} should be batch and hidden");
        long hidden = h.Shape[1].Value;
        var all = Plus(node.Add(new MatMul(), node.Add(new Concat(1), x, h), weights), bias);
        var parts = node.Builder.Parted(all, 1, [hidden, hidden, hidden, hidden]);
        var (inner, candidate, forget) = version == 1 ? (parts[0], parts[1], parts[2]) : (parts[0], parts[2], parts[1]);
        if (forgetBias != 0)
            forget = Plus(forget, node.ScalarLike(forgetBias, forget));
        Value Gate(Value sum, Value? peephole, Value seen) => node.Add(new Sigmoid(), peephole is null ? sum : Plus(sum, Times(peephole, seen)));
        var i = Gate(inner, peepholes?.I, cell);
        var f = Gate(forget, peepholes?.F, cell);
        var ci = node.Add(new Tanh(), candidate);
        var next = Plus(Times(ci, i), Times(cell, f));
        if (clip > 0)
            next = node.Add(new Clip(-clip, clip), next);
        var o = Gate(parts[3], peepholes?.O, next);
        var co = node.Add(new Tanh(), next);
        return [i, next, f, o, ci, co, Times(co, o)];
    }
}
