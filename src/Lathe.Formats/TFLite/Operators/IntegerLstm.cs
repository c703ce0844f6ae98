using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// Long short-term memory of 8-bit data and weights with a 16-bit cell, in the arithmetic of TFLite's kernel: gates have 12 bits behind the point, their
/// functions 15, and the cell's scale is a power of two. Operands are those of <see cref="Recurrent.SequenceLstm"/>.
/// </summary>
internal sealed class IntegerLstm
{
    private const int GateBits = 12;

    private readonly NodeContext _node;
    private readonly bool _coupled, _peepholes, _projects;
    private readonly int _cellPower;
    private readonly LiteQuantization _hidden, _state;
    private readonly Value _logistic, _tanhOfGate, _tanhOfCell;

    public IntegerLstm(NodeContext node)
    {
        _node = node;
        (_coupled, _peepholes, _projects) = (!node.Has(1), node.Has(11), node.Has(16));
        if (Enumerable.Range(20, 4).Any(node.Has))
            throw node.Unsupported("integer LSTM layers with normalized gates are not supported");
        if (node.In(0).Element != DType.Int8 || node.In(2).Element != DType.Int8 || node.TensorOf(19).Type != LiteType.Int16)
            throw node.Unsupported("integer LSTM layers are supported with 8-bit data and weights and a 16-bit cell");
        int[] intermediates = node.Operator.Intermediates;
        _state = node.Quantization(18);
        _hidden = intermediates.Length == 5 && node.Scope.Tensor(intermediates[4]).Quantization is { } given ? given : _state;
        float cell = node.Quantization(19).Scale;
        _cellPower = Math.ILogB(cell);
        if (Math.ScaleB(1, _cellPower) != cell || _cellPower is < -15 or > -9)
            throw node.Unsupported($"the scale {cell} of its cell is not a power of two from 2^-15 to 2^-9");
        _logistic = node.Builder.Constant(SixteenBitFunctions.Logistic());
        _tanhOfGate = node.Builder.Constant(SixteenBitFunctions.Tanh(15 - GateBits));
        _tanhOfCell = node.Builder.Constant(SixteenBitFunctions.Tanh(15 + _cellPower));
    }

    /// <summary>The hidden states [batch, outputs] after each step of data [batch, features].</summary>
    public Value[] Run(IReadOnlyList<Value> steps)
    {
        var (h, c) = (_node.In(18), Wide(_node.In(19)));
        var outputs = new Value[steps.Count];
        for (int i = 0; i < outputs.Length; i++)
            outputs[i] = h = Step(steps[i], h, ref c);
        return outputs;
    }

    private Value Step(Value x, Value h, ref Value c)
    {
        var forget = Lookup(_logistic, Gate(x, h, 1, c, 1));
        var candidate = Lookup(_tanhOfGate, Gate(x, h, 2, null, 0));
        var input = _coupled ? _node.Add(new Sub(), Whole(short.MaxValue), forget) : Lookup(_logistic, Gate(x, h, 0, c, 0));
        c = Clamped(_node.Add(new Add(), Divided(_node.Add(new Mul(), forget, c), 15), Divided(_node.Add(new Mul(), input, candidate), 30 + _cellPower)), DType.Int16);
        if (_node.Options.Float(1) is > 0 and var limit)
            c = Clipped(c, limit / MathF.ScaleB(1, _cellPower), short.MaxValue);
        var output = Lookup(_logistic, Gate(x, h, 3, c, 2));
        var product = _node.Add(new Mul(), output, Lookup(_tanhOfCell, c));
        var scaled = Scaled(product, (float)(Math.ScaleB(1, -30) / _hidden.Scale));
        var hidden = _node.Add(new Cast(DType.Int8), Clamped(_node.Add(new Add(), scaled, Whole(_hidden.ZeroPoint)), DType.Int8));
        return _projects ? Projected(hidden) : hidden;
    }

    /// <summary>The sums of a gate's products, each brought to the gate's scale by itself.</summary>
    private Value Gate(Value x, Value h, int gate, Value? seen, int peephole)
    {
        var sum = Product(x, _node.Quantization(0), 1 + gate, 12 + gate, MathF.ScaleB(1, -GateBits));
        sum = Clamped(_node.Add(new Add(), Clamped(sum, DType.Int16), Product(h, _state, 5 + gate, -1, MathF.ScaleB(1, -GateBits))), DType.Int16);
        if (seen is null || !_peepholes)
            return sum;
        var product = _node.Add(new Mul(), Wide(_node.In(9 + peephole)), seen);
        float factor = MathF.ScaleB(1, _cellPower) * _node.Quantization(9 + peephole).Scale / MathF.ScaleB(1, -GateBits);
        return Clamped(_node.Add(new Add(), Scaled(product, factor), sum), DType.Int16);
    }

    private Value Projected(Value hidden)
    {
        var sum = Product(hidden, _hidden, 16, 17, _state.Scale);
        var stored = Clamped(_node.Add(new Add(), sum, Whole(_state.ZeroPoint)), DType.Int8);
        if (_node.Options.Float(2) is > 0 and var limit)
            stored = Clipped(stored, limit / _state.Scale, sbyte.MaxValue);
        return _node.Add(new Cast(DType.Int8), stored);
    }

    /// <summary>Rows of 8-bit integers times stored weights [out, in], with a bias where there is one, in units of <paramref name="unit"/>.</summary>
    private Value Product(Value x, LiteQuantization by, int weights, int bias, float unit)
    {
        var w = _node.In(weights);
        if (w.Type.Rank != 2 || w.Shape[1] != x.Shape[^1])
            _node.Fail($"weights {w.Type} do not suit {x.Type}");
        var sum = _node.Add(new MatMulInteger(), x, _node.Permuted(w, 1, 0), _node.ScalarLike(by.ZeroPoint, x), _node.ScalarLike(0, w));
        if (bias >= 0 && _node.Has(bias))
            sum = _node.Add(new Add(), sum, _node.In(bias));
        return Scaled(sum, _node.Quantization(weights).Scale * by.Scale / unit);
    }

    private Value Lookup(Value table, Value x) => Wide(_node.Add(new Gather(0), table, _node.Add(new Add(), x, Whole(1 << 15))));

    private Value Scaled(Value x, float factor) => FixedPoint.Scaled(_node, x, FixedPointRounding.TwiceAway, factor);

    /// <summary>x / 2^by, halves away from zero.</summary>
    private Value Divided(Value x, int by)
    {
        var half = _node.Add(new Where(), _node.Add(new Greater(), x, Whole(0)), Whole(1L << (by - 1)), Whole(-(1L << (by - 1))));
        return _node.Add(new Div(), _node.Add(new Add(), x, half), Whole(1L << by));
    }

    private Value Clipped(Value x, float limit, int most)
    {
        long whole = (long)Math.Min(limit, most);
        return _node.Add(new Clip(-whole, whole), x);
    }

    private Value Clamped(Value x, DType type)
    {
        var (low, high) = IntegerArithmetic.Limits(type);
        return _node.Add(new Clip(low, high), x);
    }

    private Value Wide(Value x) => _node.Add(new Cast(DType.Int32), x);

    private Value Whole(long value) => _node.Builder.Scalar(value, DType.Int32);
}
