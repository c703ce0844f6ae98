using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>
/// A recurrent cell run over all steps. Kernels are kept [inputs, gates * units] with the gates i, f, c, o (LSTM) or z, r, h (GRU) side by side; the graph's ops
/// want [gates * units, inputs], an LSTM's in the order i, o, f, c. Weights that cuDNN left, told by their two biases, have each gate's kernels turned.
/// </summary>
internal sealed class RecurrentCell
{
    private readonly LayerContext _layer;
    private readonly CellKind _kind;
    private readonly int[] _gates;
    private readonly long _units;
    private readonly Value _kernel, _recurrent, _bias;
    private readonly EquatableArray<UnaryElementwiseOp> _activations;
    private readonly bool _resetAfter;

    public RecurrentCell(LayerContext layer, CellKind kind, Settings settings, LayerWeights weights, DType element)
    {
        (_layer, _kind) = (layer, kind);
        _gates = kind switch { CellKind.Lstm => [0, 3, 1, 2], CellKind.Gru => [0, 1, 2], _ => [0] };
        var (kernel, recurrent, bias) = (Weight("kernel"), Weight("recurrent_kernel"), weights.Find("bias"));
        int count = _gates.Length;
        if (kernel.Shape.Rank != 2 || recurrent.Shape.Rank != 2 || recurrent.Shape[1] != recurrent.Shape[0] * count || kernel.Shape[1] != recurrent.Shape[1])
            layer.Fail($"the weights {kernel} and {recurrent} are none of {count} gates");
        _units = recurrent.Shape[0].Value;
        bool isCudnn = bias is { Shape.Rank: 1 } && bias.Count == 2 * count * _units && kind != CellKind.Simple;
        _resetAfter = kind == CellKind.Gru && (isCudnn || bias is { Shape.Rank: 2 } || (bias is null && settings.Flag("reset_after", false)));
        if (settings.Has("reset_after") && bias is not null && !isCudnn && settings.Flag("reset_after", false) != _resetAfter && kind == CellKind.Gru)
            layer.Fail($"the bias {bias} does not suit reset_after={settings.Flag("reset_after", false)}");
        _kernel = Constant(Rows(kernel, isCudnn, reinterpret: true), element, "kernel");
        _recurrent = Constant(Rows(recurrent, isCudnn, reinterpret: false), element, "recurrent_kernel");
        _bias = Constant(Biases(bias, isCudnn), element, "bias");
        var inner = Activation("recurrent_activation", "sigmoid");
        var outer = Activation("activation", "tanh");
        _activations = kind switch { CellKind.Lstm => [inner, outer, outer], CellKind.Gru => [inner, outer], _ => [outer] };

        Tensor Weight(string role) => weights.Find(role) ?? throw new ModelException("LATHE3422", $"its weight '{role}' is missing");

        UnaryElementwiseOp Activation(string setting, string otherwise)
        {
            if (kind == CellKind.Simple && setting == "recurrent_activation")
                return new Identity();
            var chosen = settings.Json.ValueKind == System.Text.Json.JsonValueKind.Object && (settings.Has(setting) || settings.Json.TryGetProperty(setting, out _))
                ? ActivationFunctions.Read(settings.Find(setting))
                : new(otherwise, Settings.Empty);
            return ActivationFunctions.TryOp(layer, chosen) ?? throw layer.Unsupported($"the activation '{chosen.Name}' is not supported in a recurrent layer");
        }
    }

    public int StateCount => _kind == CellKind.Lstm ? 2 : 1;

    public Value Zero(Dim batch) => _layer.Builder.Filled([batch, _units], 0, _kernel.Element);

    /// <summary>The outputs of all steps [batch, time, units] in the order of time, and the final states.</summary>
    public (Value Steps, Value[] Final) Run(Value x, Value[] states, bool reverse, Value? mask)
    {
        if (states.Any(s => s.Type.Rank != 2 || s.Shape[1] != _units))
            _layer.Fail($"an initial state should be of [batch, {_units}]");
        var byTime = _layer.Builder.Permuted(x, 1, 0, 2);
        if (mask is null)
        {
            var (steps, final) = Apply(byTime, states, reverse);
            return (_layer.Builder.Permuted(steps, 1, 0, 2), final);
        }
        // A step that does not count leaves the states as they are and repeats the output before it, at first zeros.
        long count = x.Shape[1].Value;
        var outputs = new Value[count];
        var last = Zero(x.Shape[0]);
        for (long i = 0; i < count; i++)
        {
            long time = reverse ? count - 1 - i : i;
            var counts = _layer.Builder.Along(mask, 1, time, 1);
            var (step, next) = Apply(_layer.Builder.Along(byTime, 0, time, 1), states, reverse: false);
            last = _layer.Add(new Where(), counts, _layer.Builder.Reshaped(step, [.. step.Shape.Skip(1)]), last);
            states = [.. next.Zip(states, (n, s) => _layer.Add(new Where(), counts, n, s))];
            outputs[time] = last;
        }
        return (_layer.Builder.Packed(outputs, 1), states);
    }

    /// <summary>Steps [time, batch, features] to outputs [time, batch, units] and the final states.</summary>
    private (Value Steps, Value[] Final) Apply(Value byTime, Value[] states, bool reverse)
    {
        var direction = reverse ? RecurrentDirection.Reverse : RecurrentDirection.Forward;
        Value Lifted(Value state) => _layer.Builder.Unsqueezed(state, 0);
        Op op = _kind switch
        {
            CellKind.Lstm => new Lstm(direction, _activations),
            CellKind.Gru => new Gru(direction, _activations, LinearBeforeReset: _resetAfter),
            _ => new Rnn(direction, _activations),
        };
        var node = _layer.Builder.AddNode(op, [byTime, _kernel, _recurrent, _bias, .. states.Select(Lifted)]);
        var all = node.Outputs[0];
        return (
            _layer.Builder.Reshaped(all, [all.Shape[0], all.Shape[2], all.Shape[3]]),
            [.. Enumerable.Range(1, states.Length).Select(i => _layer.Builder.Reshaped(node.Outputs[i], [.. node.Outputs[i].Shape.Skip(1)]))]);
    }

    /// <summary>[inputs, gates * units] as [1, gates * units, inputs] with the gates in the op's order.</summary>
    private Tensor Rows(Tensor kernel, bool isCudnn, bool reinterpret)
    {
        int inputs = (int)kernel.Shape[0].Value, units = (int)_units, columns = units * _gates.Length;
        var result = Tensor.Zeros(kernel.Type, [1, columns, inputs]);
        int size = kernel.Type.Size;
        var from = kernel.Bytes.Span;
        var to = result.Bytes.Span;
        for (int g = 0; g < _gates.Length; g++)
        {
            for (int unit = 0; unit < units; unit++)
            {
                for (int input = 0; input < inputs; input++)
                {
                    // cuDNN's input kernels are [units, inputs] in the memory of [inputs, units]; its recurrent ones are turned.
                    var (row, column) = (isCudnn, reinterpret) switch
                    {
                        (false, _) => (input, unit),
                        (true, true) => Math.DivRem((unit * inputs) + input, units),
                        (true, false) => (unit, input),
                    };
                    from.Slice(((row * columns) + (_gates[g] * units) + column) * size, size).CopyTo(to[(((((g * units) + unit) * inputs) + input) * size)..]);
                }
            }
        }
        return result;
    }

    /// <summary>The input's biases of all gates, then the recurrent ones.</summary>
    private Tensor Biases(Tensor? bias, bool isCudnn)
    {
        int units = (int)_units, rows = units * _gates.Length;
        var result = Tensor.Zeros(bias?.Type ?? DType.Float32, [1, 2 * rows]);
        if (bias is null)
            return result;
        bool both = isCudnn || bias.Shape.Rank == 2;
        if (bias.Count != (both ? 2 * rows : rows))
            _layer.Fail($"the bias {bias} does not suit {rows} rows");
        for (int half = 0; half < (both ? 2 : 1); half++)
            for (int g = 0; g < _gates.Length; g++)
                for (int unit = 0; unit < units; unit++)
                    result.SetDouble((half * rows) + (g * units) + unit, bias.GetDouble((half * rows) + (_gates[g] * units) + unit));
        return result;
    }

    private Value Constant(Tensor tensor, DType element, string role)
    {
        string caller = _layer.Builder.Origin;
        _layer.Builder.Origin = $"{caller}/{role}";
        var value = _layer.Builder.Constant(tensor.Cast(element));
        _layer.Builder.Origin = caller;
        return value;
    }
}
