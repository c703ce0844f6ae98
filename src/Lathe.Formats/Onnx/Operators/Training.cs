using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>
/// One step of an optimizer, from the domain ai.onnx.preview.training. Operands: the learning rate, the number of steps so far, and then for each
/// tensor its value, its gradient and its state, one kind after another; outputs: values and states in the same order.
/// </summary>
internal static class Training
{
    /// <summary>Duchi et al., 2011: state is the sum of squared gradients.</summary>
    public static IReadOnlyList<Value?> Adagrad(NodeContext node) => Step(node, states: 1, (e, x, gradient, state) =>
    {
        var rate = e.Div(node.In(0), e.Add(e.Mul(e.Steps, e.Number(node.Attributes.Float("decay_factor", 0))), e.Number(1)));
        var g = Regularized(node, e, x, gradient);
        var squares = e.Add(state[0], e.Mul(g, g));
        var root = e.Add(node.Add(new Sqrt(), squares), e.Number(node.Attributes.Float("epsilon", 1e-6)));
        return [e.Sub(x, e.Div(e.Mul(rate, g), root)), squares];
    });

    /// <summary>Stochastic gradient descent with momentum, standard or Nesterov's: state is the running sum of gradients.</summary>
    public static IReadOnlyList<Value?> Momentum(NodeContext node) => Step(node, states: 1, (e, x, gradient, state) =>
    {
        var alpha = e.Number(node.Attributes.Float("alpha", 0));
        var g = Regularized(node, e, x, gradient);
        var beta = node.Add(new Where(), e.HasStepped, e.Number(node.Attributes.Float("beta", 0)), e.Number(1));
        var sum = e.Add(e.Mul(state[0], alpha), e.Mul(g, beta));
        var step = node.Attributes.Text("mode", "standard") == "nesterov" ? e.Add(g, e.Mul(sum, alpha)) : sum;
        return [e.Sub(x, e.Mul(node.In(0), step)), sum];
    });

    private static Value Regularized(NodeContext node, Arithmetic e, Value x, Value gradient) =>
        e.Add(e.Mul(x, e.Number(node.Attributes.Float("norm_coefficient", 0))), gradient);

    private static Value?[] Step(NodeContext node, int states, Func<Arithmetic, Value, Value, Value[], Value[]> update)
    {
        int kinds = 2 + states;
        if (node.InputCount < 2 || (node.InputCount - 2) % kinds != 0)
            node.Fail($"{node.InputCount} operands are not {kinds} for each tensor");
        int tensors = (node.InputCount - 2) / kinds;
        var results = new Value?[tensors * (1 + states)];
        for (int i = 0; i < tensors; i++)
        {
            var x = node.In(2 + i);
            Value[] state = [.. Enumerable.Range(0, states).Select(s => node.In(2 + ((2 + s) * tensors) + i))];
            var next = update(new Arithmetic(node, x.Element), x, node.In(2 + tensors + i), state);
            for (int kind = 0; kind < next.Length; kind++)
                results[(kind * tensors) + i] = next[kind];
        }
        return results;
    }

    /// <summary>Shorthand for the formulas above, in one element type.</summary>
    private sealed class Arithmetic(NodeContext node, DType type)
    {
        public Value Steps => node.Add(new Cast(type), node.In(1));

        public Value HasStepped => node.Add(new Greater(), Steps, Number(0));

        public Value Number(double value) => node.Builder.Scalar(value, type);

        public Value Add(Value a, Value b) => node.Add(new Add(), a, b);

        public Value Sub(Value a, Value b) => node.Add(new Sub(), a, b);

        public Value Mul(Value a, Value b) => node.Add(new Mul(), a, b);

        public Value Div(Value a, Value b) => node.Add(new Div(), a, b);
    }
}
