using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Compilation.Scheduling;

/// <summary>Results are stored over what is read for the last time to make them, and the values are the evaluator's in double precision.</summary>
public class InPlaceTests
{
    private const double Tolerance = 2e-5;

    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 4 << 10, 32 << 10), new(16, 16, 2, 32 << 10, 256 << 10), new(32, 16, 3, 4 << 10, 32 << 10), new(64, 32, 1, 48 << 10, 1 << 20),
        new(64, 32, 4, 48 << 10, 16 << 10),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 6)];

    [Fact]
    public void A_residual_is_written_over() =>
        Assert.Equal([false, false, true, false], InPlace((b, x) =>
        {
            var trunk = Layer(b, x, 24);
            return b.Add(new MaxPool(Window.Of(2, 2), Layout.ChannelsLast), Layer(b, Layer(b, trunk, 9), 24, add: trunk));
        }));

    [Fact]
    public void Memory_that_is_written_over_counts_once()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, 14, 14, 8)));
        var trunk = Layer(b, x, 24);
        var result = b.Add(new MaxPool(Window.Of(2, 2), Layout.ChannelsLast), Layer(b, Layer(b, trunk, 9), 24, add: trunk));
        var work = Steps(new Graph("residual", [x], [new("y", result)]), Machines[3]).Single(StoresOver).Work;
        Assert.Equal(14 * 14 * (9 + 24) * sizeof(float), work.Bytes - work.WeightBytes);
    }

    [Fact]
    public void What_is_read_later_is_not_written_over() =>
        Assert.Equal([false, false, false, true], InPlace((b, x) =>
        {
            var trunk = Layer(b, x, 24);
            var next = Layer(b, Layer(b, trunk, 9), 24, add: trunk);
            return b.Add(new MaxPool(Window.Of(2, 2), Layout.ChannelsLast), Layer(b, next, 24, add: trunk));
        })[..4]);

    [Fact]
    public void What_the_sums_are_of_is_not_written_over() =>
        Assert.DoesNotContain(true, InPlace((b, x) =>
        {
            var trunk = Layer(b, x, 24);
            return Layer(b, Layer(b, trunk, 24, add: trunk), 8);
        }));

    [Fact]
    public void Inputs_are_not_written_over_nor_are_outputs_elsewhere() => Assert.DoesNotContain(true, InPlace((b, x) => Layer(b, Layer(b, x, 9), 8, add: x)));

    /// <summary>Tiles of Winograd's method overlap at the edges: a residual would be added twice there.</summary>
    [Fact]
    public void Kernels_that_compute_places_twice_write_over_nothing() =>
        Assert.DoesNotContain(true, InPlace((b, x) =>
        {
            var trunk = Layer(b, x, 32);
            return Layer(b, Layer(b, trunk, 32, kernel: 3, add: trunk), 8);
        }, 15));

    [Fact]
    public void What_a_loop_reads_in_each_round_is_not_written_over_in_one()
    {
        var inputs = new Dictionary<string, Tensor> { ["x"] = RandomTensors.Of(new Random(1), DType.Float32, [4, 16], -1, 1), ["n"] = Tensor.Of(Shape.Scalar, 5) };
        var graph = GraphText.Parse(
            """
            graph rounds(x: f32[4,16], n: i32[]) {
              %0 = Exp(x) : f32[4,16]
              %1 = Tanh(x) : f32[4,16]
              %2, %3, %4 = While(x, n, %1, %0) {
                Condition=graph condition(x: f32[4,16], n: i32[], t: f32[4,16], bias: f32[4,16]) {
                  %0 = Greater(n, i32[]{0}) : bool[]
                  return more = %0
                },
                Body=graph body(x: f32[4,16], n: i32[], t: f32[4,16], bias: f32[4,16]) {
                  %0 = ReduceMax(t) {Axes=[1], KeepDims=true} : f32[4,1]
                  %1 = Sub(x, %0) : f32[4,16]
                  %2 = Sub(n, i32[]{1}) : i32[]
                  %3 = Mul(bias, %1) : f32[4,16]
                  return x = %1, n = %2, t = %3
                }} : f32[4,16], i32[], f32[4,16]
              return y = %2, t = %4
            }
            """);

        Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Compiled.Managed), 1e-5, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_residuals_give_the_evaluated_values(int start)
    {
        for (int seed = start * 6; seed < (start + 1) * 6; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void Native_residuals_give_the_evaluated_values(int threads)
    {
        for (int seed = 1000; seed < 1010; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, threads));
    }

    [Fact]
    public void Many_results_of_the_random_models_are_stored_in_place() =>
        Assert.InRange(Enumerable.Range(0, 36).Sum(seed => Steps(Model(seed), Machines[3]).Count(StoresOver)), 36, int.MaxValue);

    /// <summary>For each step, whether it stores its result over an input.</summary>
    private static bool[] InPlace(Func<GraphBuilder, Value, Value> model, long size = 14)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, size, size, 8)));
        return [.. Steps(new Graph("residuals", [x], [new("y", model(b, x))]), Machines[3]).Select(StoresOver)];
    }

    private static IEnumerable<Step> Steps(Graph graph, MachineFacts machine) =>
        new GraphLowering(machine).Lower(new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph)).Program.Steps;

    private static bool StoresOver(Step step)
    {
        bool Over(Store store, Buffer result) => store.Buffer == result && store.Value.Descendants().OfType<Load>().Any(l => l.Buffer == result && l.Indices == store.Indices);
        return step.Kernel.Outputs.Any(result => step.Kernel.Body.Descendants().OfType<Store>().Any(s => Over(s, result)));
    }

    /// <summary>A chain of layers that add what earlier ones gave, of which some is read again, or is an output.</summary>
    private static Graph Model(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        long columns = random.Next(1, 70);
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), random.Next(3, 17), random.Next(3, 17), random.Next(1, 20))));
        var known = new List<Value> { Layer(b, x, columns, random: random) };
        var outputs = new List<GraphOutput>();
        Value Any() => known[^Math.Min(known.Count, random.Next(1, 4))];
        for (int layer = random.Next(3, 8); layer > 0; layer--)
        {
            var hidden = Layer(b, known[^1], random.Next(1, 40), random.Next(4) == 0 ? 3 : 1, random: random);
            known.Add(random.Next(7) switch
            {
                0 => b.Add(new Mul(), Any(), b.Add(new Tanh(), known[^1])),
                1 => b.Add(new Tanh(), Layer(b, hidden, columns, 1, Any(), random)),
                2 => Layer(b, known[^1], columns, 1, known[^1], random),
                3 => Layer(b, known[^1], columns, 1, b.Add(new Relu(), Any()), random),
                4 => Layer(b, hidden, columns, 3, Any(), random),
                _ => Layer(b, hidden, columns, 1, Any(), random),
            });
            if (random.Next(6) == 0)
                outputs.Add(new($"y{layer}", known[^1]));
        }
        outputs.Add(new("y", random.Next(2) == 0 ? known[^1] : b.Add(new MaxPool(Window.Of(2, 2), Layout.ChannelsLast), known[^1])));
        return new Graph("residuals", [x], outputs);
    }

    private static Value Layer(GraphBuilder b, Value x, long columns, long kernel = 1, Value? add = null, Random? random = null)
    {
        long depth = x.Shape[3].Value, pad = kernel / 2;
        double most = 1 / Math.Sqrt(depth * kernel * kernel);
        var weights = b.Constant(RandomTensors.Of(random ?? new Random((int)columns), DType.Float32, [kernel, kernel, depth, columns], -most, most));
        var window = Window.Of(kernel, kernel) with { PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        var sums = b.Add(new Conv(window, 1, Layout.ChannelsLast), x, weights);
        return b.Add(new Relu(), add is null ? sums : b.Add(new Add(), sums, add));
    }
}
