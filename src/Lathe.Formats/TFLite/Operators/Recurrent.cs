using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Recurrent layers over reals, unrolled over their steps.</summary>
internal static class Recurrent
{
    private const int MaxSteps = 4096;

    /// <summary>
    /// Operands of one direction: weights of the input for i, f, c, o, recurrent weights likewise, peepholes for i, f, o, biases for i, f, c, o, a
    /// projection and its bias, h, c, and normalization's factors for i, f, c, o.
    /// </summary>
    public static Value SequenceLstm(NodeContext node)
    {
        bool timeMajor = node.Options.Flag(3);
        var x = TimeMajor(node, node.In(0), timeMajor);
        if (node.IsQuantized())
            return Untimed(node, new IntegerLstm(node).Run([.. Enumerable.Range(0, Steps(node, x)).Select(time => At(node, x, time))]), timeMajor);
        return Untimed(node, new Lstm(node, 1, 18, 19, 20, node.Options.Flag(4)).Run(x, reverse: false), timeMajor);
    }

    /// <summary>One step, of the operands of <see cref="SequenceLstm"/>, or in old models of the cell in one piece.</summary>
    public static IReadOnlyList<Value?> LstmStep(NodeContext node)
    {
        if (node.Options.Byte(3) == 1)
            return BasicLstmStep(node);
        if (node.IsQuantized())
            return [new IntegerLstm(node).Run([node.In(0)])[0]];
        return [new Lstm(node, 1, 18, 19, 20, node.Options.Flag(4)).Run(Movement.Unsqueezed(node, node.In(0), 0), reverse: false)[0]];
    }

    /// <summary>Operands: x, h, weights [4 * cells, inputs + cells] for i, g, f, o, their bias, and c. Results: h, c.</summary>
    private static IReadOnlyList<Value?> BasicLstmStep(NodeContext node)
    {
        if (node.IsQuantized())
            throw node.Unsupported("the cell of 8-bit integers in one piece is not supported");
        var (x, h, c) = (node.In(0), node.In(1), node.In(4));
        var sums = Convolutions.Biased(node, node.Add(new MatMul(TransposeB: true), node.Add(new Concat(1), x, h), node.Real(2)), 3);
        long cells = c.Shape[^1].Value;
        if (sums.Shape[1].Value != 4 * cells)
            node.Fail($"its weights make {sums.Type} and its cell is {c.Type}");
        Value Part(int gate) => Slices.Along(node, sums, 1, gate * cells, cells);
        Value Gate(int gate) => node.Add(new Sigmoid(), Part(gate));
        c = node.Add(new Add(), node.Add(new Mul(), Gate(0), node.Add(new Tanh(), Part(1))), node.Add(new Mul(), Gate(2), c));
        return [node.Add(new Mul(), Gate(3), node.Add(new Tanh(), c)), c];
    }

    public static IReadOnlyList<Value?> BidirectionalLstm(NodeContext node)
    {
        bool timeMajor = node.Options.Flag(4, true);
        var x = TimeMajor(node, node.In(0), timeMajor);
        if (Enumerable.Range(39, 9).Any(node.Has))
            throw node.Unsupported("auxiliary inputs are not supported");
        var forward = new Lstm(node, 1, 35, 36, int.MaxValue, node.Options.Flag(5)).Run(x, reverse: false);
        var backward = new Lstm(node, 18, 37, 38, int.MaxValue, node.Options.Flag(5)).Run(x, reverse: true);
        if (!node.Options.Flag(3))
            return [Untimed(node, forward, timeMajor), Untimed(node, backward, timeMajor)];
        return [Untimed(node, [.. forward.Zip(backward, (f, b) => node.Add(new Concat(1), f, b))], timeMajor)];
    }

    /// <summary>Operands: x, weights, recurrent weights, bias, h.</summary>
    public static Value SequenceRnn(NodeContext node)
    {
        bool timeMajor = node.Options.Flag(0);
        return Untimed(node, Rnn(node, TimeMajor(node, node.In(0), timeMajor), 1, node.Options.Activation(1), node.Options.Flag(2), reverse: false), timeMajor);
    }

    public static IReadOnlyList<Value?> BidirectionalRnn(NodeContext node)
    {
        bool timeMajor = node.Options.Flag(0);
        var x = TimeMajor(node, node.In(0), timeMajor);
        if (Enumerable.Range(9, 3).Any(node.Has))
            throw node.Unsupported("auxiliary inputs are not supported");
        var forward = Rnn(node, x, 1, node.Options.Activation(1), node.Options.Flag(3), reverse: false);
        var backward = Rnn(node, x, 5, node.Options.Activation(1), node.Options.Flag(3), reverse: true);
        if (!node.Options.Flag(2))
            return [Untimed(node, forward, timeMajor), Untimed(node, backward, timeMajor)];
        return [Untimed(node, [.. forward.Zip(backward, (f, b) => node.Add(new Concat(1), f, b))], timeMajor)];
    }

    /// <summary>One step: operands x, weights, recurrent weights, bias, h.</summary>
    public static Value Rnn(NodeContext node) => Rnn(node, Movement.Unsqueezed(node, node.In(0), 0), 1, node.Options.Activation(0), node.Options.Flag(1), reverse: false)[0];

    private static Value[] Rnn(NodeContext node, Value x, int first, ActivationKind activation, bool asymmetric, bool reverse)
    {
        var (bias, h) = (node.Real(first + 2), node.In(first + 3));
        var outputs = new Value[Steps(node, x)];
        for (int i = 0; i < outputs.Length; i++)
        {
            int time = reverse ? outputs.Length - 1 - i : i;
            var sum = node.Add(new Add(), Hybrid.Product(node, At(node, x, time), first, asymmetric), Hybrid.Product(node, h, first + 1, asymmetric));
            outputs[time] = h = Activations.Fused(node, node.Add(new Add(), sum, bias), activation);
        }
        return outputs;
    }

    private static int Steps(NodeContext node, Value x) => x.Shape[0].Value is >= 1 and <= MaxSteps and var steps
        ? (int)steps
        : throw node.Unsupported($"{x.Type} has {x.Shape[0]} steps; 1 to {MaxSteps} are possible");

    private static Value At(NodeContext node, Value x, int time) => node.Reshaped(Slices.Along(node, x, 0, time, 1), [.. x.Shape.Skip(1)]);

    private static Value TimeMajor(NodeContext node, Value x, bool isAlready)
    {
        if (x.Type.Rank != 3)
            node.Fail($"{x.Type} should be batch, time and features");
        return isAlready ? x : node.Permuted(x, 1, 0, 2);
    }

    private static Value Untimed(NodeContext node, Value[] steps, bool timeMajor)
    {
        int axis = timeMajor ? 0 : 1;
        Value[] parts = [.. steps.Select(s => Movement.Unsqueezed(node, s, axis))];
        return parts.Length == 1 ? parts[0] : node.Add(new Concat(axis), parts);
    }

    /// <summary>Long short-term memory with what TFLite adds: coupled gates, peepholes, a projection, normalized gates, clipping.</summary>
    private sealed class Lstm(NodeContext node, int first, int output, int cell, int norms, bool asymmetric)
    {
        private readonly bool _coupled = !node.Has(first);
        private readonly float _cellClip = node.Options.Float(1), _projectionClip = node.Options.Float(2);

        public Value[] Run(Value x, bool reverse)
        {
            var (h, c) = (node.In(output), node.In(cell));
            var outputs = new Value[Steps(node, x)];
            for (int i = 0; i < outputs.Length; i++)
            {
                int time = reverse ? outputs.Length - 1 - i : i;
                (h, c) = Step(At(node, x, time), h, c);
                outputs[time] = h;
            }
            return outputs;
        }

        private (Value H, Value C) Step(Value x, Value h, Value c)
        {
            var forget = node.Add(new Sigmoid(), Gate(x, h, 1, c, 1));
            var input = _coupled ? node.Add(new Sub(), node.ScalarLike(1, forget), forget) : node.Add(new Sigmoid(), Gate(x, h, 0, c, 0));
            var candidate = Activations.Fused(node, Gate(x, h, 2, null, 0), Activation());
            c = Clipped(node.Add(new Add(), node.Add(new Mul(), forget, c), node.Add(new Mul(), input, candidate)), _cellClip);
            var gate = node.Add(new Sigmoid(), Gate(x, h, 3, c, 2));
            h = node.Add(new Mul(), gate, Activations.Fused(node, c, Activation()));
            if (!node.Has(first + 15))
                return (h, c);
            h = Hybrid.Product(node, h, first + 15, asymmetric);
            if (node.Has(first + 16))
                h = node.Add(new Add(), h, node.Real(first + 16));
            return (Clipped(h, _projectionClip), c);
        }

        private ActivationKind Activation() => node.Options.Activation(0);

        private Value Gate(Value x, Value h, int gate, Value? seen, int peephole)
        {
            var sum = node.Add(new Add(), Hybrid.Product(node, x, first + gate, asymmetric), Hybrid.Product(node, h, first + 4 + gate, asymmetric));
            if (seen is not null && node.Has(first + 8 + peephole))
                sum = node.Add(new Add(), sum, node.Add(new Mul(), node.Real(first + 8 + peephole), seen));
            if (norms < int.MaxValue && node.Has(norms + gate))
            {
                var mean = node.Add(new ReduceMean([1], KeepDims: true), sum);
                var centred = node.Add(new Sub(), sum, mean);
                var variance = node.Add(new ReduceMean([1], KeepDims: true), node.Add(new Mul(), centred, centred));
                var deviation = node.Add(new Sqrt(), node.Add(new Add(), variance, node.ScalarLike(1e-8, sum)));
                sum = node.Add(new Mul(), node.Add(new Div(), centred, deviation), node.Real(norms + gate));
            }
            return node.Has(first + 11 + gate) ? node.Add(new Add(), sum, node.Real(first + 11 + gate)) : sum;
        }

        private Value Clipped(Value value, float limit) => limit > 0 ? node.Add(new Clip(-limit, limit), value) : value;
    }
}
