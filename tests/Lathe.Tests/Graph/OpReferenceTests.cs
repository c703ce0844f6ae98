using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

/// <summary>Results of ops beside plain C# that computes the same, and beside numbers worked out by hand.</summary>
public class OpReferenceTests
{
    public static TheoryData<string> Functions => [.. Elementwise.Keys];

    private static Dictionary<string, (Op Op, Func<double, double> Reference)> Elementwise { get; } = new()
    {
        ["exp"] = (new Exp(), Math.Exp),
        ["tanh"] = (new Tanh(), Math.Tanh),
        ["asinh"] = (new Asinh(), Math.Asinh),
        ["round"] = (new Round(), Math.Round),
        ["sign"] = (new Sign(), x => Math.Sign(x)),
        ["relu"] = (new Relu(), x => Math.Max(0, x)),
        ["leaky relu"] = (new LeakyRelu(0.1), x => x < 0 ? 0.1 * x : x),
        ["elu"] = (new Elu(1.5), x => x < 0 ? 1.5 * (Math.Exp(x) - 1) : x),
        ["selu"] = (new Selu(1.67, 1.05), x => 1.05 * (x > 0 ? x : 1.67 * (Math.Exp(x) - 1))),
        ["celu"] = (new Celu(2), x => Math.Max(0, x) + Math.Min(0, 2 * (Math.Exp(x / 2) - 1))),
        ["hard sigmoid"] = (new HardSigmoid(0.2, 0.5), x => Math.Clamp((0.2 * x) + 0.5, 0, 1)),
        ["hard swish"] = (new HardSwish(), x => x * Math.Clamp(x + 3, 0, 6) / 6),
        ["gelu, tanh"] = (new Gelu(Tanh: true), x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))),
        ["softplus"] = (new Softplus(), x => Math.Log(1 + Math.Exp(x))),
        ["mish"] = (new Mish(), x => x * Math.Tanh(Math.Log(1 + Math.Exp(x)))),
        ["swish"] = (new Swish(1.5), x => x / (1 + Math.Exp(-1.5 * x))),
        ["softsign"] = (new Softsign(), x => x / (1 + Math.Abs(x))),
        ["shrink"] = (new Shrink(0.3, 0.5), x => x < -0.5 ? x + 0.3 : x > 0.5 ? x - 0.3 : 0),
        ["clip"] = (new Clip(-1, 2), x => Math.Clamp(x, -1, 2)),
        ["scaled tanh"] = (new ScaledTanh(2, 0.5), x => 2 * Math.Tanh(0.5 * x)),
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions_follow_their_formulas(string name)
    {
        var (op, reference) = Elementwise[name];
        var x = Of(new Random(5), DType.Float64, [200], -5, 5);
        AssertClose(x.ToDoubleArray().Select(reference), Apply(op, x), 1e-12);
    }

    [Fact]
    public void Gelu_has_its_published_values() =>
        AssertClose([-0.15865525, 0, 0.84134475, 1.9544997], Apply(new Gelu(), Tensor.Vector(-1.0, 0, 1, 2)), 1e-7);

    [Fact]
    public void Integer_division_truncates_and_never_traps() => Assert.Equal(
        [-3, 3, 0, int.MinValue, 7],
        Apply(new Div(), Tensor.Vector(-7, -7, 5, int.MinValue, -7), Tensor.Vector(2, -2, 0, -1, -1)).Span<int>().ToArray());

    [Fact]
    public void Remainders_have_the_sign_that_is_asked_for()
    {
        var (a, b) = (Tensor.Vector(-7, 7, -7, 7, 5, int.MinValue), Tensor.Vector(3, -3, -3, 3, 0, -1));
        Assert.Equal([2, -2, -1, 1, 0, 0], Apply(new Mod(Fmod: false), a, b).Span<int>().ToArray());
        Assert.Equal([-1, 1, -1, 1, 0, 0], Apply(new Mod(Fmod: true), a, b).Span<int>().ToArray());
    }

    [Fact]
    public void Integer_powers_are_exact()
    {
        var powers = Apply(new Pow(), Tensor.Vector(3L, -2, 7, -1, 2, 0, 2, -1), Tensor.Vector(39L, 63, 0, 1001, -1, 0, 64, -3));
        Assert.Equal([4052555153018976267, long.MinValue, 1, -1, 0, 1, 1L << 62, -1], powers.Span<long>().ToArray());
    }

    [Theory]
    [InlineData(Layout.ChannelsFirst)]
    [InlineData(Layout.ChannelsLast)]
    public void Convolution_is_the_sum_over_the_window(Layout layout)
    {
        var random = new Random(11);
        var window = new Window([3, 2], [2, 1], [1, 0], [2, 1], [1, 2]);
        var (x, w) = (Of(random, DType.Float64, [2, 4, 6, 5]), Of(random, DType.Float64, [6, 2, 3, 2]));
        var expected = Convolve(x, w, window, groups: 2);
        bool last = layout == Layout.ChannelsLast;
        var y = Apply(new Conv(window, 2, layout), last ? Transposed(x, 0, 2, 3, 1) : x, last ? Transposed(w, 2, 3, 1, 0) : w);
        AssertClose(expected.ToDoubleArray(), last ? Transposed(y, 0, 3, 1, 2) : y, 1e-12);
    }

    [Fact]
    public void Transposed_convolution_is_the_adjoint_of_convolution()
    {
        var random = new Random(12);
        var window = new Window([3, 2], [2, 3], [1, 0], [1, 1], [1, 2]);
        var x = Of(random, DType.Float64, [1, 4, 7, 8]);
        var w = Of(random, DType.Float64, [6, 2, 3, 2]);
        var forward = Apply(new Conv(window, 2, Layout.ChannelsFirst), x, w);
        var y = Of(random, DType.Float64, forward.Shape.ToArray());
        var back = Apply(new ConvTranspose(window, [0, 0], 2, Layout.ChannelsFirst), y, w);
        Assert.Equal(x.Shape, back.Shape);
        Assert.Equal(Dot(forward, y), Dot(x, back), 1e-9);
    }

    [Fact]
    public void Average_pooling_counts_what_it_is_told_to()
    {
        var x = Tensor.Of(Shape.Of(1, 1, 4), 1f, 2, 3, 4);
        var window = new Window([3], [2], [1], [1], [1]);
        Assert.Equal([1.5f, 3f], Apply(new AveragePool(window, false, Layout.ChannelsFirst), x).Span<float>().ToArray());
        Assert.Equal([1f, 3f], Apply(new AveragePool(window, true, Layout.ChannelsFirst), x).Span<float>().ToArray());
        var larger = window with { PadsAfter = [2] };
        Assert.Equal([1f, 3f, 2f], Apply(new AveragePool(window with { PadsAfter = [3] }, true, Layout.ChannelsFirst, [1]), x).Span<float>().ToArray());
        Assert.Equal([1f, 3f, 4f / 3], Apply(new AveragePool(larger, true, Layout.ChannelsFirst), x).Span<float>().ToArray());
    }

    [Fact]
    public void Resizing_linearly_by_two_at_half_pixels_mixes_quarters()
    {
        var x = Tensor.Of(Shape.Of(1, 2), 0.0, 4);
        AssertClose([0, 1, 3, 4], Apply(new Resize([1, 4], [1, 2], ResizeMode.Linear), x), 1e-12);
        AssertClose([0, 4.0 / 3, 8.0 / 3, 4], Apply(new Resize([1, 4], [1, 2], ResizeMode.Linear, CoordinateMode.AlignCorners), x), 1e-12);
        AssertClose([0, 0, 4, 4], Apply(new Resize([1, 4], [1, 2]), x), 0);
    }

    [Fact]
    public void Top_k_sorts_with_ties_in_order_and_nan_first()
    {
        var results = new GraphEvaluator().Apply(new TopK(0, 5), Tensor.Vector(2f, 5, float.NaN, 5, -1, 2));
        Assert.Equal([2, 1, 3, 0, 5], results[1].Span<long>().ToArray());
        var least = new GraphEvaluator().Apply(new TopK(0, 3, Largest: false), Tensor.Vector(2, 5, -1, 5, -1));
        Assert.Equal([-1, -1, 2], least[0].Span<int>().ToArray());
        Assert.Equal([2, 4, 0], least[1].Span<long>().ToArray());
    }

    [Theory]
    [InlineData("bij,bjk->bik")]
    [InlineData("bij,kj->bki")]
    [InlineData("bij,jk,ik->b")]
    [InlineData("bij,bij->i")]
    public void Einsum_is_the_sum_of_products(string equation)
    {
        var random = new Random(13);
        var extents = new Dictionary<char, long> { ['b'] = 2, ['i'] = 3, ['j'] = 4, ['k'] = 5 };
        string[] operands = equation[..equation.IndexOf('-', StringComparison.Ordinal)].Split(',');
        string result = equation[(equation.IndexOf('>', StringComparison.Ordinal) + 1)..];
        var tensors = operands.Select(o => Of(random, DType.Float64, [.. o.Select(l => extents[l])])).ToArray();
        var direct = Apply(new Contract(operands, result), tensors);
        AssertClose(direct.ToDoubleArray(), Apply(new Einsum(equation), tensors), 1e-10);
        double total = Apply(new Contract(operands, ""), tensors).GetDouble(0);
        Assert.Equal(total, direct.ToDoubleArray().Sum(), 1e-9);
    }

    [Fact]
    public void Softmax_rows_are_probabilities_even_of_large_numbers()
    {
        var y = Apply(new Softmax(1), Tensor.Of(Shape.Of(2, 3), 1000f, 1000, 999, -1000, -1001, -999));
        double e = Math.Exp(-1);
        AssertClose([1 / (2 + e), 1 / (2 + e), e / (2 + e), e / (1 + e + (e * e)), e * e / (1 + e + (e * e)), 1 / (1 + e + (e * e))], y, 1e-6);
    }

    [Fact]
    public void Quantization_rounds_to_even_and_saturates()
    {
        var x = Tensor.Vector(-1000f, -0.5f, 0.25f, 0.75f, 1.25f, 1000, float.NaN);
        Assert.Equal([0, 127, 128, 130, 130, 255], Apply(new QuantizeLinear(0), x, Tensor.Scalar(0.5f), Tensor.Scalar((byte)128)).Span<byte>()[..6].ToArray());
    }

    [Fact]
    public void A_dimension_that_is_a_symbol_stays_one()
    {
        var n = Dim.Named("n");
        var x = new TensorType(DType.Float32, [n, 3, 8, 8]);
        var w = new TensorType(DType.Float32, Shape.Of(4, 3, 3, 3));
        Assert.Equal("f32[n,4,6,6]", new Conv(Window.Of(3, 3), 1, Layout.ChannelsFirst).Infer([x, w])[0].ToString());
        Assert.Equal("f32[n,8,8,3]", new Transpose([0, 2, 3, 1]).Infer([x])[0].ToString());
        Assert.Equal("f32[n,1]", new ReduceMean([1], KeepDims: true).Infer([new TensorType(DType.Float32, [n, 3])])[0].ToString());
        Assert.Equal("f32[n,3,8,8]", new Softmax(1).Infer([x])[0].ToString());
        Assert.Equal("f32[n,6,8,8]", new Concat(1).Infer([x, x])[0].ToString());
    }

    private static Tensor Apply(Op op, params Tensor[] inputs) => new GraphEvaluator(boundsChecked: true).Apply(op, inputs)[0];

    private static Tensor Transposed(Tensor x, params int[] permutation) => Apply(new Transpose(permutation), x);

    private static double Dot(Tensor a, Tensor b) => a.ToDoubleArray().Zip(b.ToDoubleArray(), (x, y) => x * y).Sum();

    private static void AssertClose(IEnumerable<double> expected, Tensor actual, double tolerance)
    {
        double[] numbers = [.. expected];
        Assert.Equal(numbers.Length, actual.Count);
        for (int i = 0; i < numbers.Length; i++)
            Assert.True(Math.Abs(numbers[i] - actual.GetDouble(i)) <= tolerance * Math.Max(1, Math.Abs(numbers[i])), $"element {i} is {actual.GetDouble(i)}, not {numbers[i]}");
    }

    private static Tensor Convolve(Tensor x, Tensor w, Window window, int groups)
    {
        var (xs, ws) = (x.Shape.ToArray(), w.Shape.ToArray());
        long rows = window.OutputExtent(0, xs[2]).Value, columns = window.OutputExtent(1, xs[3]).Value;
        var y = Tensor.Zeros(x.Type, Shape.Of(xs[0], ws[0], rows, columns));
        long at = 0;
        for (long n = 0; n < xs[0]; n++)
            for (long o = 0; o < ws[0]; o++)
                for (long i = 0; i < rows; i++)
                    for (long j = 0; j < columns; j++)
                        y.SetDouble(at++, At(n, o, i, j));
        return y;

        double At(long n, long o, long i, long j)
        {
            double sum = 0;
            long firstChannel = o / (ws[0] / groups) * ws[1];
            for (long c = 0; c < ws[1]; c++)
                for (long p = 0; p < ws[2]; p++)
                    for (long q = 0; q < ws[3]; q++)
                    {
                        long row = (i * window.Strides[0]) + (p * window.Dilations[0]) - window.PadsBefore[0];
                        long column = (j * window.Strides[1]) + (q * window.Dilations[1]) - window.PadsBefore[1];
                        if (row < 0 || row >= xs[2] || column < 0 || column >= xs[3])
                            continue;
                        sum += x.GetDouble((((((n * xs[1]) + firstChannel + c) * xs[2]) + row) * xs[3]) + column)
                            * w.GetDouble((((((o * ws[1]) + c) * ws[2]) + p) * ws[3]) + q);
                    }
            return sum;
        }
    }

    [Fact]
    public void NonMaxSuppressionKeepsTheBestOfBoxesThatOverlap()
    {
        // The second box shares 9 of 11 parts with the first, the third touches nothing, and the fourth's score is too low.
        var boxes = Tensor.Of(Shape.Of(4, 4), 0f, 0, 1, 10, 0, 1, 1, 11, 5, 5, 6, 6, 8, 8, 9, 9);
        var scores = Tensor.Of(Shape.Of(1, 4), 0.9f, 0.8f, 0.7f, 0.1f);

        var kept = new GraphEvaluator().Apply(new NonMaxSuppression(3, 0.5, 0.2, KeepsLimits: false), boxes, scores);
        Assert.Equal(new[] { 0, 2, 0 }, kept[0].Span<int>().ToArray());
        Assert.Equal(new[] { 0.9f, 0.7f, 0 }, kept[1].Span<float>().ToArray());
        Assert.Equal(2, kept[2].Span<int>()[0]);

        var lowered = new GraphEvaluator().Apply(new NonMaxSuppression(3, 1, 0.2, KeepsLimits: false, Sigma: 0.5), boxes, scores);
        Assert.Equal(new[] { 0, 2, 1 }, lowered[0].Span<int>().ToArray());
        Assert.Equal(0.8 * Math.Exp(-Math.Pow(9.0 / 11, 2)), lowered[1].Span<float>()[2], 1e-6);
    }
}
