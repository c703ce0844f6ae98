using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>What elementwise ops make of values put one after another, as between the layers of a DenseNet.</summary>
public class ConcatenationTests
{
    private static readonly MachineFacts Machine = new(64, 32, 1, 32 << 10, 1 << 20);

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_element_chooses_its_input(int axis)
    {
        var graph = Normalized(axis);
        var lowered = new GraphLowering(Machine).Lower(new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph)).Program;
        Assert.DoesNotContain("select", string.Join("\n", lowered.Steps.Select(s => LoopText.Print(s.Kernel))), StringComparison.Ordinal);

        var inputs = Compiled.RandomInputs(graph, seed: axis);
        var expected = Compiled.Exact(graph, inputs);
        Compiled.AssertClose(expected, Compiled.Run(graph, inputs, Compiled.Managed), 1e-6, 1e-6);
        Compiled.AssertClose(expected, Compiled.Run(graph, inputs, Compiled.Native), 1e-6, 1e-6);
    }

    /// <summary>Three inputs of different lengths, scaled by another value and shifted for each channel.</summary>
    private static Graph Normalized(int axis)
    {
        var b = new GraphBuilder();
        Value Input(string name, long extent)
        {
            long[] shape = [1, 5, 6, 40];
            shape[axis] = extent;
            return b.Input(name, new TensorType(DType.Float32, Shape.Of(shape)));
        }
        Value[] parts = [Input("a", 32), Input("b", 3), Input("c", 20)];
        var joined = b.Add(new Concat(axis), parts);
        var scale = b.Input("scale", joined.Type);
        long channels = joined.Shape[3].Value;
        var shift = b.Constant(Tensor.Of(Shape.Of(1, 1, 1, channels), [.. Enumerable.Range(0, (int)channels).Select(i => i / 8f)]));
        var y = b.Add(new Add(), b.Add(new Mul(), joined, scale), shift);
        return new Graph("normalized", [.. parts, scale], [new("y", b.Add(new Neg(), y))]);
    }
}
