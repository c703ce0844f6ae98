using Lathe.Bench.Models;
using Lathe.Compilation;
using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Tensors;
using Lathe.Tests.Samples;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>
/// Whole networks by compiled code give what the evaluator gives in double precision. They sum in f32 through some tens of
/// layers: elements may err by 1e-4 of the largest one.
/// </summary>
public class CompiledModelTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Managed_code_of_the_mnist_network_gives_the_evaluated_values(int threads) => CheckMnist(Compiled.Managed, threads);

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Native_code_of_the_mnist_network_gives_the_evaluated_values(int threads) => CheckMnist(Compiled.Native, threads);

    [LlvmTheory]
    [InlineData("squeezenet1.1", 1)]
    [InlineData("mobilenetv3-small", 2)]
    [InlineData("bert-tiny", 1)]
    public void Native_code_of_public_architectures_gives_the_evaluated_values(string name, int threads)
    {
        var model = BenchModels.Build(name);
        var shapes = new InputShapes();
        foreach (var (input, tensor) in model.Inputs)
            shapes.Add(input, tensor.Shape);
        Check(OnnxImporter.Import(model.Onnx, new() { InputShapes = shapes }), model.Inputs, Compiled.Native, threads);
    }

    private static void CheckMnist(Target target, int threads)
    {
        var graph = OnnxImporter.Import(MnistFactAttribute.Model, new() { InputShapes = InputShapes.Parse("image:[3,1,28,28]") });
        Check(graph, Compiled.RandomInputs(graph, 5), target, threads);
    }

    private static void Check(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, Target target, int threads)
    {
        var expected = Compiled.Exact(graph, inputs);
        var actual = Compiled.Run(graph, inputs, target, threads);
        foreach (var (name, tensor) in expected)
        {
            double largest = tensor.ToDoubleArray().Max(Math.Abs);
            Compiled.AssertClose(
                new Dictionary<string, Tensor> { [name] = tensor }, new Dictionary<string, Tensor> { [name] = actual[name] }, rtol: 0, Tolerance * largest);
        }
    }
}
