using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Compilation.Scheduling;

/// <summary>Which ops become one kernel, seen by the ops of each group of the optimized graph.</summary>
public class GroupFormationTests
{
    private readonly GraphBuilder _b = new();
    private readonly Random _random = new(1);

    [Fact]
    public void A_convolution_takes_its_bias_and_activation()
    {
        var x = Image(8);
        var y = _b.Add(new Relu(), Bias(Conv(x, 16, kernel: 1)));

        Assert.Equal(["Transpose", "Conv Add Relu Transpose"], Groups(y));
    }

    [Fact]
    public void Batch_normalization_becomes_weights_and_a_bias()
    {
        var x = Image(8);
        Value Statistic() => _b.Constant(RandomTensors.Of(_random, DType.Float32, [16], 0.5, 1));
        var y = _b.Add(new BatchNormalization(1e-5, Layout.ChannelsFirst), Conv(x, 16, kernel: 1), Statistic(), Statistic(), Statistic(), Statistic());

        Assert.Equal(["Transpose", "Conv Add Relu Transpose"], Groups(_b.Add(new Relu(), y)));
    }

    [Fact]
    public void A_residual_is_added_where_the_last_convolution_stores()
    {
        var x = _b.Add(new Relu(), Bias(Conv(Image(8), 16, kernel: 1)));
        var inner = _b.Add(new Relu(), Bias(Conv(x, 4, kernel: 1)));
        var y = _b.Add(new Relu(), _b.Add(new Add(), x, Bias(Conv(inner, 16, kernel: 1))));

        Assert.Equal(["Transpose", "Conv Add Relu", "Conv Add Relu", "Conv Add Add Relu Transpose"], Groups(y));
    }

    [Fact]
    public void An_inverted_residual_stores_straight_into_the_padded_image_of_its_depthwise_convolution()
    {
        var x = Bias(Conv(Image(8), 16, kernel: 1));
        var expanded = _b.Add(new Clip(0, 6), Bias(Conv(x, 32, kernel: 1)));
        var deep = _b.Add(new Clip(0, 6), Bias(Conv(expanded, 32, kernel: 3, groups: 32)));
        var y = _b.Add(new Add(), x, Bias(Conv(deep, 16, kernel: 1)));

        Assert.Equal(["Transpose", "Conv Add", "Conv Add Clip Pad", "Conv Add Clip", "Conv Add Add Transpose"], Groups(y));
    }

    [Fact]
    public void A_dense_layer_takes_a_long_activation() =>
        Assert.Equal(
            ["MatMul Add Gelu"],
            Groups(_b.Add(new Gelu(), _b.Add(new Add(), _b.Add(new MatMul(), Input(4, 8), Weights(8, 16)), Weights(16)))));

    [Fact]
    public void A_value_that_is_an_output_has_memory_of_its_own()
    {
        var y = _b.Add(new MatMul(), Input(4, 8), Weights(8, 16));

        Assert.Equal(["MatMul", "Relu"], Groups(_b.Add(new Relu(), y), y));
    }

    [Fact]
    public void A_value_that_two_kernels_read_is_computed_once()
    {
        var e = _b.Add(new Exp(), Input(4, 8));

        Assert.Equal(["Exp", "Neg", "Tanh"], Groups(_b.Add(new Neg(), e), _b.Add(new Tanh(), e)));
    }

    [Fact]
    public void Elementwise_ops_are_one_kernel() =>
        Assert.Equal(["Exp Neg Tanh"], Groups(_b.Add(new Tanh(), _b.Add(new Neg(), _b.Add(new Exp(), Input(4, 8))))));

    [Fact]
    public void A_softmax_is_one_kernel_with_the_mask_before_it() =>
        Assert.Equal(["Add ReduceMax Sub Exp ReduceSum Div"], Groups(_b.Add(new Softmax(1), _b.Add(new Add(), Input(4, 8), Weights(1, 8)))));

    [Fact]
    public void A_softmax_along_an_outer_axis_is_four_kernels() =>
        Assert.Equal(["ReduceMax", "Sub Exp", "ReduceSum", "Div"], Groups(_b.Add(new Softmax(0), Input(4, 8))));

    [Fact]
    public void A_normalization_is_one_kernel_and_the_sum_before_it_belongs_to_the_product()
    {
        var x = Input(4, 8);
        var sum = _b.Add(new Add(), x, _b.Add(new MatMul(), x, Weights(8, 8)));
        var y = _b.Add(new Relu(), _b.Add(new RmsNormalization(1, 1e-5), sum, Weights(8)));

        Assert.Equal(["MatMul Add", "Mul ReduceSum Div Add Sqrt Div Mul Relu"], Groups(y));
    }

    [Fact]
    public void Rows_that_others_read_too_have_memory()
    {
        var x = _b.Add(new Exp(), Input(4, 8));

        Assert.Equal(["Exp", "ReduceMax Sub Exp ReduceSum Div"], Groups(_b.Add(new Softmax(1), x), x));
    }

    [Fact]
    public void A_normalization_stores_straight_into_a_padded_image()
    {
        var x = _b.Add(new LayerNormalization(3, 1e-5), Input(1, 6, 6, 8), Weights(8));
        var window = Window.Of(3, 3) with { PadsBefore = [1, 1], PadsAfter = [1, 1] };
        var y = _b.Add(new Conv(window, 1, Layout.ChannelsLast), x, Weights(3, 3, 8, 8));

        Assert.Equal(["ReduceSum Div Sub Mul ReduceSum Div Add Sqrt Div Mul Pad", "Conv"], Groups(y));
    }

    [Fact]
    public void A_value_that_is_read_in_windows_is_not_computed_for_each_window()
    {
        var e = _b.Add(new Exp(), _b.Input("x", new(DType.Float32, [1, 8, 8, 4])));

        Assert.Equal(["Exp", "MaxPool"], Groups(_b.Add(new MaxPool(Window.Of(3, 3), Layout.ChannelsLast), e)));
    }

    [Theory]
    [InlineData(16, "Conv Reshape Transpose Reshape Add Relu", "Conv")]
    [InlineData(12, "Conv", "Transpose", "Add Relu", "Conv")]
    public void A_transposed_convolution_stores_vectors_of_channels_where_they_belong(long channels, params string[] groups)
    {
        var up = new ConvTranspose(Window.Of(2, 2) with { Strides = [2, 2] }, [0, 0], 1, Layout.ChannelsLast);
        var y = _b.Add(new Relu(), _b.Add(new Add(), _b.Add(up, Input(1, 6, 6, 8), Weights(2, 2, 8, channels)), Weights(channels)));

        Assert.Equal(groups, Groups(_b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsLast), y, Weights(1, 1, channels, 4))));
    }

    [Fact]
    public void Reshapes_are_no_kernels()
    {
        var y = _b.Add(new Reshape([32]), _b.Add(new MatMul(), _b.Add(new Reshape([2, 16]), Input(4, 8)), Weights(16, 16)));

        Assert.Equal(["MatMul"], Groups(y));
    }

    private Value Input(params long[] shape) => _b.Input("x", new(DType.Float32, Shape.Of(shape)));

    private Value Image(long channels) => Input(1, channels, 6, 6);

    private Value Weights(params long[] shape) => _b.Constant(RandomTensors.Of(_random, DType.Float32, shape));

    private Value Bias(Value image) => _b.Add(new Add(), image, Weights(1, image.Shape[1].Value, 1, 1));

    private Value Conv(Value x, long channels, long kernel, long groups = 1)
    {
        long pad = kernel / 2;
        var window = Window.Of(kernel, kernel) with { PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        return _b.Add(new Conv(window, groups, Layout.ChannelsFirst), x, Weights(channels, x.Shape[1].Value / groups, kernel, kernel));
    }

    /// <summary>Of each group, the ops from the values in memory to what it stores.</summary>
    private string[] Groups(params Value[] outputs)
    {
        var inputs = Graph.TopologicalOrder(outputs).Where(n => n.Op is Input).Select(n => n.Output);
        var model = new Graph("g", inputs, outputs.Select((v, i) => new GraphOutput($"y{i}", v)));
        var graph = new Compiler(new(Compiled.Managed), new()).Optimize(model);
        var (groups, materialized) = GroupFormation.Of(graph, new MachineFacts(64, 32, 1, 48 << 10, 1 << 20));
        return [.. groups.Select(g => string.Join(' ', GroupNodes.Of(g, materialized).Select(n => n.Op.Name)))];
    }
}
