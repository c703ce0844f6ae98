using Lathe.Compilation;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Compilation;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Graphs;

/// <summary>Every op compiled gives what the evaluator gives. The samples of an op are one model, which is compiled once.</summary>
public partial class OpContractTests
{
    [Theory]
    [MemberData(nameof(Names))]
    public void Compiled_to_managed_code_is_evaluated(string name) => CompiledIsEvaluated(name, Compiled.Managed);

    [LlvmTheory]
    [MemberData(nameof(Names))]
    public void Compiled_to_native_code_is_evaluated(string name) => CompiledIsEvaluated(name, Compiled.Native);

    [Theory]
    [InlineData(nameof(Conv))]
    [InlineData(nameof(MatMul))]
    public void With_constant_weights_managed_code_is_evaluated(string name) => CompiledIsEvaluated(name, Compiled.Managed, constants: true);

    [LlvmTheory]
    [InlineData(nameof(Conv))]
    [InlineData(nameof(MatMul))]
    public void With_constant_weights_native_code_is_evaluated(string name) => CompiledIsEvaluated(name, Compiled.Native, constants: true);

    /// <summary>With <paramref name="constants"/> all operands but the first are constants of the model.</summary>
    private static void CompiledIsEvaluated(string name, Target target, bool constants = false)
    {
        var builder = new GraphBuilder();
        var inputs = new List<Value>();
        var tensors = new Dictionary<string, Tensor>();
        var outputs = new List<GraphOutput>();
        var expected = new Dictionary<string, Tensor>();
        var evaluator = new GraphEvaluator();
        foreach (var (i, sample) in OpSamples.For(Ops.Single(t => t.Name == name), Seed).Index())
        {
            var operands = sample.Inputs.Select((tensor, k) =>
            {
                if (constants && k > 0)
                    return builder.Constant(tensor);
                tensors[$"x{i}_{k}"] = tensor;
                inputs.Add(builder.Input($"x{i}_{k}", new(tensor.Type, tensor.Shape)));
                return inputs[^1];
            }).ToArray();
            var results = evaluator.Apply(sample.Op, sample.Inputs);
            foreach (var (k, value) in builder.AddNode(sample.Op, operands).Outputs.Index())
            {
                outputs.Add(new($"{sample}: output {k} of sample {i}", value));
                expected[outputs[^1].Name] = results[k];
            }
        }
        var actual = Compiled.Run(new Graph(name, inputs, outputs), tensors, target);
        Compiled.AssertClose(expected, actual, rtol: 1e-5, atol: 1e-5);
    }
}
