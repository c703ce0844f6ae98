using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

internal static partial class OpSamples
{
    private static void AddIndexing()
    {
        Add<CumSum>(r => new[] { DType.Float32, DType.Int32, DType.Float16 }.SelectMany(type => new OpSample[]
        {
            new(new CumSum(1), Of(r, type, [2, 4, 3])), new(new CumSum(0, Exclusive: true), Of(r, type, [5])), new(new CumSum(1, true, true), Of(r, type, [2, 3])),
            new(new CumSum(0, Reverse: true), Of(r, type, [0])),
        }));
        Add<NonMaxSuppression>(r =>
        [
            new(new NonMaxSuppression(3, 0.3, 0.1, KeepsLimits: true), Of(r, DType.Float32, [9, 4]), Of(r, DType.Float32, [2, 9])),
            new(new NonMaxSuppression(5, 0.5, -10, KeepsLimits: false), Of(r, DType.Float32, [4, 4]), Of(r, DType.Float32, [1, 4])),
            new(new NonMaxSuppression(4, 0.6, 0.2, KeepsLimits: false, Sigma: 0.5), Of(r, DType.Float32, [12, 4]), Of(r, DType.Float32, [3, 12], 0, 1)),
        ]);
        Add<TopK>(r =>
        [
            new(new TopK(1, 3), Of(r, DType.Float32, [2, 6])), new(new TopK(0, 4, false), Of(r, DType.Int8, [9], -2, 2)), new(new TopK(0, 8), Special),
            new(new TopK(1, 0), Of(r, DType.Float32, [2, 0])), new(new TopK(2, 2), Of(r, DType.Float16, [2, 3, 5])),
        ]);
        Add<Det>(r => [new(new Det(), Of(r, DType.Float32, [2, 3, 3])), new(new Det(), Of(r, DType.Float64, [5, 5])), new(new Det(), Tensor.Zeros(DType.Float32, Shape.Of(2, 2)))]);
        Add<Trilu>(r =>
        [
            new(new Trilu(true), Of(r, DType.Float32, [3, 4])), new(new Trilu(false, -1), Of(r, DType.Int64, [2, 3, 3])), new(new Trilu(true, long.MaxValue), Of(r, DType.Bool, [2, 2])),
        ]);
        Add<ReverseSequence>(r => [new(new ReverseSequence(1, 0), Of(r, DType.Float32, [4, 3, 2]), Of(r, DType.Int64, [3], 0, 4)), new(new ReverseSequence(0, 1), Of(r, DType.Int8, [2, 3]), Tensor.Vector(9L, -1L))]);
        Add<GatherND>(r =>
        [
            new(new GatherND(), Of(r, DType.Float32, [3, 4, 2]), Of(r, DType.Int64, [5, 2], -3, 2)), new(new GatherND(1), Of(r, DType.Float32, [2, 4, 3]), Of(r, DType.Int32, [2, 1, 1], 0, 3)),
            new(new GatherND(), Of(r, DType.Int8, [3]), Of(r, DType.Int64, [1], 0, 2)),
        ]);
        Add<ScatterElements>(r => Enum.GetValues<ScatterReduction>().SelectMany(reduction => new[] { DType.Float32, DType.Float16, DType.Int32 }, (reduction, type) =>
            new OpSample(new ScatterElements(1, reduction), Of(r, type, [3, 4]), Of(r, DType.Int64, [2, 5], -4, 3), Of(r, type, [2, 5]))));
        Add<ScatterND>(r => Enum.GetValues<ScatterReduction>().Select(reduction =>
            new OpSample(new ScatterND(reduction), Of(r, DType.Float32, [3, 4, 2]), Of(r, DType.Int64, [4, 2], -3, 2), Of(r, DType.Float32, [4, 2]))));
        Add<MaxPoolIndices>(r => [new(new MaxPoolIndices(Strided(3, 2)), Of(r, DType.Float32, [2, 2, 6, 5])), new(new MaxPoolIndices(Window.Of(2, 2), true), Of(r, DType.Float16, [1, 2, 3, 4]))]);
        Add<MaxUnpool>(r => [new(new MaxUnpool(Shape.Of(1, 1, 4, 4), Shape.Of(1, 1, 5, 5)), Of(r, DType.Float32, [1, 1, 2, 2]), Tensor.Of(Shape.Of(1, 1, 2, 2), 5L, 7, 13, 15))]);
        Add<Contract>(r =>
        [
            new(new Contract(["ij", "jk"], "ki"), Of(r, DType.Float32, [2, 3]), Of(r, DType.Float32, [3, 4])), new(new Contract(["ii"], "i"), Of(r, DType.Int32, [3, 3])),
            new(new Contract(["a", "a", "b"], ""), Vector(r, 3), Vector(r, 1), Vector(r, 2)),
        ]);
        Add<Einsum>(r =>
        [
            new(new Einsum("bij,bjk->bik"), Of(r, DType.Float32, [2, 3, 4]), Of(r, DType.Float32, [2, 4, 5])), new(new Einsum("ij->ji"), Of(r, DType.Float32, [2, 3])),
            new(new Einsum("...ii->...i"), Of(r, DType.Float32, [2, 3, 3])), new(new Einsum("i,j,k"), Vector(r, 2), Vector(r, 3), Vector(r, 4)),
            new(new Einsum("ij,jk,kl->il"), Of(r, DType.Float32, [2, 3]), Of(r, DType.Float32, [3, 4]), Of(r, DType.Float32, [4, 5])), new(new Einsum("i,i"), Vector(r, 4), Vector(r, 4)),
            new(new Einsum("... i, ... j -> ... i j"), Of(r, DType.Float32, [2, 1, 3]), Of(r, DType.Float32, [4, 2])), new(new Einsum("ij -> "), Of(r, DType.Int32, [2, 3])),
            new(new Einsum("bhqd,bhkd->bhqk"), Of(r, DType.Float32, [2, 2, 3, 4]), Of(r, DType.Float32, [2, 2, 5, 4])),
        ]);
    }

    private static void AddRecurrence()
    {
        Add<Rnn>(r => Directions.SelectMany(d => new[] { false, true }, (direction, lengths) => new OpSample(
            new Rnn(direction, Repeat(direction, new Tanh()), lengths ? null : 0.5, lengths), Operands(r, direction, 1, 1, lengths, false))));
        Add<Gru>(r => Directions.SelectMany(d => new[] { false, true }, (direction, flag) => new OpSample(
            new Gru(direction, Repeat(direction, new Sigmoid(), new Tanh()), LinearBeforeReset: flag, HasLengths: flag), Operands(r, direction, 3, 1, flag, false))));
        Add<Lstm>(r => Directions.SelectMany(d => new[] { false, true }, (direction, flag) => new OpSample(
            new Lstm(direction, Repeat(direction, new Sigmoid(), new Tanh(), new HardSigmoid(0.2, 0.5)), flag ? 1 : null, flag, flag, flag), Operands(r, direction, 4, 2, flag, flag))));
    }

    private static RecurrentDirection[] Directions => Enum.GetValues<RecurrentDirection>();

    private static EquatableArray<UnaryElementwiseOp> Repeat(RecurrentDirection direction, params UnaryElementwiseOp[] activations) =>
        direction == RecurrentDirection.Bidirectional ? [.. activations, .. activations] : activations;

    /// <summary>3 steps of 2 batches of 4 inputs, 3 hidden.</summary>
    private static Tensor[] Operands(Random r, RecurrentDirection direction, int gates, int states, bool lengths, bool peepholes)
    {
        long directions = direction == RecurrentDirection.Bidirectional ? 2 : 1;
        Tensor Small(params long[] shape) => Of(r, DType.Float32, shape, -1, 1);
        return
        [
            Small(3, 2, 4), Small(directions, 3 * gates, 4), Small(directions, 3 * gates, 3), Small(directions, 6 * gates),
            .. Enumerable.Range(0, states).Select(_ => Small(directions, 2, 3)),
            .. lengths ? [Tensor.Vector(3, 1)] : Array.Empty<Tensor>(), .. peepholes ? [Small(directions, 9)] : Array.Empty<Tensor>(),
        ];
    }
}
