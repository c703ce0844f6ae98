using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Softmaxes, normalizations and chains of reductions over rows of many lengths, one kernel each, give what the evaluator gives in double precision. Values are
/// about 1, rows have at most 300 places, and errors add up over a row's square root: some ten units of 2^-24.
/// </summary>
public class RowKernelTests
{
    private const double Tolerance = 1e-5;

    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 32 << 10, 1 << 20), new(16, 16, 2, 32 << 10, 256 << 10), new(32, 16, 5, 32 << 10, 512 << 10), new(64, 32, 1, 48 << 10, 1 << 20),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Bounds_checked_kernels_give_the_evaluated_values(int start)
    {
        for (int seed = start * 10; seed < (start + 1) * 10; seed++)
        {
            var graph = Model(seed);
            var machine = Machines[seed % Machines.Length];
            AssertOneKernel(graph, machine);
            Compiled.AssertEvaluated(graph, seed, Tolerance, (g, inputs) => Compiled.Run(g, inputs, machine));
        }
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void Native_kernels_give_the_evaluated_values(int threads)
    {
        for (int seed = 1000; seed < 1030; seed++)
        {
            var graph = Model(seed);
            Compiled.AssertEvaluated(graph, seed, Tolerance, (g, inputs) => Compiled.Run(g, inputs, Compiled.Native, threads));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(100)]
    public void Every_schedule_gives_the_evaluated_values(int length)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new TensorType(DType.Float32, [3, length + 1]));
        var graph = new Graph("g", [x], [new GraphOutput("y", b.Add(new LogSoftmax(1), b.Add(new Softmax(1), x)))]);
        var optimized = new Compiler(new CompileOptions(Compiled.Managed), new()).Optimize(graph);
        var machine = Machines[1];
        var (groups, materialized) = GroupFormation.Of(optimized, machine);
        var generators = new Generators(machine, materialized, exact: false);
        var inputs = Compiled.RandomInputs(graph, length);
        var space = generators.Space(Assert.Single(groups)).ToList();

        Assert.Contains(generators.Default(groups[0]), space);
        Assert.Equal(space.Count, space.Select(s => generators.Lower(groups[0], s).Kernel).Distinct().Count());
        Assert.All(space, s => Lathe.Loops.KernelVerifier.Verify(generators.Lower(groups[0], s).Kernel));
    }

    [Fact]
    public void Ops_that_bind_variables_are_evaluated_in_vectors()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new TensorType(DType.Float32, [3, 37]));
        var n = b.Input("n", new TensorType(DType.Int32, [3, 37]));
        Value Wide(Op op, params Value[] inputs) => b.Add(new Cast(DType.Float32), b.Add(op, inputs));
        var fractional = Wide(new Pow(), b.Add(new Abs(), x), b.Scalar(1.5, DType.Float32));
        var whole = Wide(new Pow(), n, b.Scalar(3, DType.Int32));
        var scaled = Enum.GetValues<FixedPointRounding>().Select(r => Wide(new FixedPointScale(r), n, b.Scalar(1_131_451_554, DType.Int32), b.Scalar(-2, DType.Int32)));
        var graph = new Graph("g", [x, n], scaled.Concat([fractional, whole]).Select((v, i) => new GraphOutput($"y{i}", b.Add(new Softmax(1), v))));

        foreach (var machine in Machines)
            Compiled.AssertEvaluated(graph, 7, Tolerance, (g, inputs) => Compiled.Run(g, inputs, machine));
    }

    [Fact]
    public void A_row_that_no_cache_holds_is_left_to_separate_kernels()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new TensorType(DType.Float32, [1, 1 << 16]));
        var graph = new Graph("g", [x], [new GraphOutput("y", b.Add(new Softmax(1), x))]);

        Assert.All(Groups(graph, new(16, 16, 1, 32 << 10, 256 << 10)), g => Assert.Null(g.Rows));
        Assert.NotNull(Assert.Single(Groups(graph, new(16, 16, 1, 32 << 10, 1 << 20))).Rows);
    }

    private static void AssertOneKernel(Graph graph, MachineFacts machine) =>
        Assert.Contains(Groups(graph, machine), g => g.Rows is not null);

    private static IReadOnlyList<Group> Groups(Graph graph, MachineFacts machine) =>
        GroupFormation.Of(new Compiler(new CompileOptions(Compiled.Managed), new()).Optimize(graph), machine).Groups;

    /// <summary>A random row op over the last axis or the last two, with random elementwise work before and after.</summary>
    private static Graph Model(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var inputs = new List<Value>();
        int rank = random.Next(1, 5), first = rank - (rank > 2 && random.Next(4) == 0 ? 2 : 1);
        var shape = Enumerable.Range(0, rank).Select(axis => (Dim)(axis >= first ? random.Next(2, first == rank - 1 ? 300 : 20) : random.Next(1, 6))).ToArray();
        Value Input(Dim[] dims)
        {
            inputs.Add(b.Input($"x{inputs.Count}", new TensorType(DType.Float32, [.. dims])));
            return inputs[^1];
        }

        // A shape that broadcasts to the rows' and varies along whole rows or not at all.
        Value Operand()
        {
            bool alongRow = random.Next(2) == 0;
            var dims = shape.Select((d, axis) => axis >= first ? (alongRow ? d : 1) : random.Next(2) == 0 ? d : 1).ToArray();
            return random.Next(3) == 0 ? b.Constant(RandomTensors.Of(random, DType.Float32, [.. dims.Select(d => d.Value)], 0.5, 1)) : Input(dims);
        }

        Value Around(Value value)
        {
            for (int i = random.Next(3); i > 0; i--)
            {
                value = random.Next(6) switch
                {
                    0 => b.Add(new Mul(), value, Operand()),
                    1 => b.Add(new Add(), Operand(), value),
                    2 => b.Add(new Sub(), value, Operand()),
                    3 => b.Add(new Tanh(), value),
                    4 => b.Add(new Add(), value, Input(shape)),
                    _ => b.Add(new Where(), b.Add(new Less(), Operand(), value), value, b.Scalar(0.5, DType.Float32)),
                };
            }
            return value;
        }

        var axes = Enumerable.Range(first, rank - first).ToArray();
        var x = Around(Input(shape));
        Value Scale() => b.Constant(RandomTensors.Of(random, DType.Float32, [.. shape[first..].Select(d => d.Value)], 0.5, 1));
        var y = random.Next(8) switch
        {
            0 when axes.Length == 1 => b.Add(new Softmax(first), x),
            1 when axes.Length == 1 => b.Add(new LogSoftmax(first), x),
            2 when axes.Length == 1 => b.Add(new LpNormalization(first, 2), x),
            3 => b.Add(new RmsNormalization(first, 1e-3), x, Scale()),
            4 => b.Add(new LayerNormalization(first, 1e-3), x, Scale()),
            5 => b.Add(new Sub(), b.Add(new ReduceMax(axes, KeepDims: true), x), b.Add(new ReduceMin(axes, KeepDims: true), x)),
            6 => b.Add(new ReduceLogSumExp(axes, KeepDims: false), b.Add(new LayerNormalization(first, 1e-3), x, Scale(), Scale())),
            _ => b.Add(new LayerNormalization(first, 1e-3), x, Scale(), Scale()),
        };
        return new Graph("rows", inputs, [new GraphOutput("y", y.Type.Rank == rank && y.Shape.SequenceEqual(shape) ? Around(y) : y)]);
    }
}
