using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Recurrent layers over [batch, time, features]. Inputs after the first are initial states; without them states begin at zero.</summary>
internal static class Recurrent
{
    private const int MaxSteps = 4096;

    /// <summary>A layer's cell: its kind, and where its settings and weights are.</summary>
    private sealed record Cell(CellKind Kind, Settings Settings, LayerWeights Weights);

    public static IEnumerable<WeightSlot> CellSlots(LayerConfig layer) =>
        [new("kernel"), new("recurrent_kernel"), .. layer.Settings.Flag("use_bias", true) ? new[] { new WeightSlot("bias") } : []];

    /// <summary>Weights are the cell's, which is inside the layer.</summary>
    public static IEnumerable<ChildWeights> CellWeights(LayerConfig layer) => [new(["cell"], new(layer, [.. CellSlots(layer)], []))];

    /// <summary>The cells that an RNN layer names.</summary>
    public static IEnumerable<ChildWeights> NamedCellWeights(LayerConfig layer)
    {
        if (!layer.Inner.TryGetValue("cell", out var cells) || cells is not [var cell])
            return [];
        if (cell.ClassName != "StackedRNNCells")
            return [new(["cell"], new(cell, [.. CellSlots(cell)], []))];
        var counts = new Dictionary<string, int>();
        return cell.Inner.GetValueOrDefault("cells", []).Select(inner =>
        {
            string name = inner.ClassName switch { "LSTMCell" => "lstm_cell", "GRUCell" => "gru_cell", _ => "simple_rnn_cell" };
            int count = counts[name] = counts.GetValueOrDefault(name, -1) + 1;
            return new ChildWeights([$"cell/cells/{(count == 0 ? name : $"{name}_{count}")}"], new(inner, [.. CellSlots(inner)], []));
        });
    }

    public static Func<LayerContext, IReadOnlyList<KerasValue>> Layer(CellKind kind) => layer =>
        Run(layer, [new Cell(kind, layer.Settings, layer.Weights.Children[0].Weights)]);

    /// <summary>A layer around one of Keras's own cells, or several after each other.</summary>
    public static IReadOnlyList<KerasValue> OfCells(LayerContext layer)
    {
        Cell[] cells = [.. layer.Weights.Children.Select(c => new Cell(
            c.Weights.Layer.ClassName switch
            {
                "LSTMCell" => CellKind.Lstm,
                "GRUCell" => CellKind.Gru,
                "SimpleRNNCell" => CellKind.Simple,
                var other => throw layer.Unsupported($"cells of class {other} are not supported"),
            }, c.Weights.Layer.Settings, c.Weights))];
        if (cells.Length == 0)
            throw layer.Settings.Wrong("cell", "one of Keras's cells");
        return Run(layer, cells);
    }

    /// <summary>
    /// Cells one after the other are layers one after the other: each step's output of one is the same step's input of the next. Outputs are the last
    /// cell's, and all final states if the layer gives them.
    /// </summary>
    private static IReadOnlyList<KerasValue> Run(LayerContext layer, Cell[] cells)
    {
        var settings = layer.Settings;
        if (settings.Flag("time_major", false))
            throw layer.Unsupported("time before batches is not supported");
        var (x, mask) = (layer.Real(), layer.Mask());
        if (layer.TensorNamed("mask") is { } given)
            mask = Masks.And(layer, mask, given.Value);
        if (x.Type.Rank != 3)
            layer.Fail($"{x.Type} should be batch, time and features");
        if (x.Shape[1].Value is < 1 or > MaxSteps)
            throw layer.Unsupported($"{x.Type} has {x.Shape[1]} steps; 1 to {MaxSteps} are possible");
        bool reverse = settings.Flag("go_backwards", false) != layer.Layer.FlipsDirection;
        var initial = new Queue<Value>(layer.Inputs.Skip(1).Concat(layer.TensorsNamed("initial_state")).Select(i => i.Value));
        var states = new List<Value>();
        var output = x;
        foreach (var cell in cells)
        {
            var step = new RecurrentCell(layer, cell.Kind, cell.Settings, cell.Weights, x.Element);
            Value[] begin = [.. Enumerable.Range(0, step.StateCount).Select(_ => initial.TryDequeue(out var s) ? s : step.Zero(x.Shape[0]))];
            (x, var final) = step.Run(x, begin, reverse, mask);
            states.AddRange(final);
            output = final[0];
        }
        bool sequences = settings.Flag("return_sequences", false);
        if (sequences)
            output = reverse != layer.Layer.TurnsOutput ? layer.Builder.Reversed(x, new HashSet<int> { 1 }) : x;
        KerasValue first = new(output, sequences ? mask : null);
        return settings.Flag("return_state", false) ? [first, .. states.Select(s => new KerasValue(s))] : [first];
    }
}

internal enum CellKind
{
    Simple, Gru, Lstm,
}
