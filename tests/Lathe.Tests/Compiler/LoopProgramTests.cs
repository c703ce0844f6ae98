using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Tuning;
using Lathe.Graphs;
using Lathe.Graphs.Cost;
using Lathe.Graphs.Evaluation;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Runtime;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Compilation;

/// <summary>Programs with loops whose rounds a run counts: a dense layer is applied until a value is small, between other layers.</summary>
public sealed class LoopProgramTests : IDisposable
{
    private const string Text =
        """
        graph settling(x: f32[4,16], small: f32[]) {
          $0: f32[16,16] = sha:WEIGHTS
          %0 = Tanh(x) : f32[4,16]
          %1 = Exp(%0) : f32[4,16]
          %2, %3 = While(%1, i32[1]{0}, small, %0) {
            Condition=graph condition(x: f32[4,16], rounds: i32[1], small: f32[], bias: f32[4,16]) {
              %0 = Abs(x) : f32[4,16]
              %1 = ReduceMax(%0) {Axes=[0, 1], KeepDims=false} : f32[]
              %2 = Greater(%1, small) : bool[]
              return more = %2
            },
            Body=graph body(x: f32[4,16], rounds: i32[1], small: f32[], bias: f32[4,16]) {
              $0: f32[16,16] = sha:WEIGHTS
              %0 = MatMul(x, $0) {TransposeA=false, TransposeB=false} 'dense' : f32[4,16]
              %1 = Add(%0, bias) : f32[4,16]
              %2 = Mul(%1, f32[]{0.5}) : f32[4,16]
              %3 = Add(rounds, i32[]{1}) : i32[1]
              return x = %2, rounds = %3
            }} 'loop' : f32[4,16], i32[1]
          %4 = MatMul(%2, $0) {TransposeA=false, TransposeB=false} : f32[4,16]
          %5 = Add(%4, %1) : f32[4,16]
          return y = %5, settled = %2, rounds = %3
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.9f)]
    [InlineData(100f)]
    public void Managed_code_gives_what_is_evaluated(float small) => Check(Compiled.Managed, threads: 1, small);

    [LlvmTheory]
    [InlineData(0.9f, 1)]
    [InlineData(0.9f, 2)]
    [InlineData(100f, 1)]
    public void Native_code_gives_what_is_evaluated(float small, int threads) => Check(Compiled.Native, threads, small);

    [LlvmFact]
    public void A_bundle_keeps_the_loop()
    {
        var graph = Settling();
        var inputs = Inputs(0.9f);
        SampleModel.WriteBundle(_folder["m.tar"], graph, "native");

        using var model = Model.Load(_folder["m.tar"]);
        using var session = new Session(model, 1);

        Assert.Single(model.Info.Loops);
        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), session.Run(inputs), 1e-5, 1e-5);
    }

    [Fact]
    public void A_profile_counts_the_rounds()
    {
        using var model = Compiled.Load(Settling(), new CompileOptions(Compiled.Managed, 1));
        using var session = new Session(model, 1);
        int rounds = session.Run(Inputs(0.9f))["rounds"].Span<int>()[0];

        var steps = session.Profile(3);

        Assert.InRange(rounds, 2, 50);
        Assert.Equal(rounds, steps.Single(s => s.Step.Label.StartsWith("dense", StringComparison.Ordinal)).Calls);
        Assert.Equal(rounds + 1, steps.Single(s => s.Step.Label == "loop (condition)").Calls);
        Assert.Equal(1, steps[0].Calls);
    }

    [LlvmFact]
    public void Layers_in_loops_are_tuned_as_others_are()
    {
        var options = new CompileOptions(Compiled.Native, 1);
        var compiler = new Compiler(options, new PassLog());
        var tunable = new TunableModel(compiler.Optimize(Settling()), options);
        var program = compiler.Compile(Settling()).Program;

        Assert.Contains(tunable.Tasks, t => t.Steps.Any(s => program.Loops[0].Body <= s && s < program.Loops[0].Last));
        Assert.All(tunable.Tasks, t => Assert.All(t.Steps, s => Assert.Equal(t.Flops, program.Steps[s].Work.Flops)));
    }

    [Fact]
    public void A_loop_costs_one_round_and_its_parameters_count_once()
    {
        var cost = ModelCost.Of(Settling());
        Assert.Equal(16 * 16, cost.Parameters);
        Assert.Equal(2 * 4 * 16 * 16, cost.Macs);
    }

    [Fact]
    public void Values_of_halves_are_rounded_in_every_round()
    {
        const string text =
            """
            graph halves(x: f16[8], n: i32[]) {
              %0, %1 = While(x, n) {
                Condition=graph condition(x: f16[8], n: i32[]) {
                  %0 = Greater(n, i32[]{0}) : bool[]
                  return more = %0
                },
                Body=graph body(x: f16[8], n: i32[]) {
                  %0 = Mul(x, f16[]{1.0996094}) : f16[8]
                  %1 = Sub(n, i32[]{1}) : i32[]
                  return x = %0, n = %1
                }} : f16[8], i32[]
              %2 = Add(%0, x) : f16[8]
              return y = %2
            }
            """;
        var graph = GraphText.Parse(text);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Graphs.RandomTensors.Of(new Random(1), DType.Float16, [8], 0.5, 1), ["n"] = Tensor.Of(Shape.Scalar, 5) };

        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), Compiled.Run(graph, inputs, Compiled.Managed), 0, 0);
    }

    private static void Check(Target target, int threads, float small)
    {
        var graph = Settling();
        var inputs = Inputs(small);
        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), Compiled.Run(graph, inputs, target, threads), 1e-5, 1e-5);
    }

    private static Graph Settling()
    {
        var weights = Graphs.RandomTensors.Of(new Random(3), DType.Float32, [16, 16], -0.3, 0.3);
        string digest = GraphText.Digest(weights);
        return GraphText.Parse(Text.Replace("WEIGHTS", digest, StringComparison.Ordinal), new Dictionary<string, Tensor> { [digest] = weights });
    }

    private static Dictionary<string, Tensor> Inputs(float small) => new()
    {
        ["x"] = Graphs.RandomTensors.Of(new Random(5), DType.Float32, [4, 16], -2, 2),
        ["small"] = Tensor.Of(Shape.Scalar, small),
    };
}
