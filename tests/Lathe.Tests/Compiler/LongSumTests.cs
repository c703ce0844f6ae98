using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>Sums of hundreds of thousands of float32 values, which a single accumulator would get wrong.</summary>
public class LongSumTests
{
    /// <summary>A single accumulator is off by some 1e-3.</summary>
    private const double MostError = 5e-6;

    public static TheoryData<long[], int[]> Means => new()
    {
        { [1, 4, 600, 600], [2, 3] },
        { [1, 600, 600, 5], [1, 2] },
        { [1, 300_001, 5], [1] },
        { [300_001, 2, 5], [0, 1] },
        { [3, 300_001], [1] },
        { [2, 500, 1100, 3], [1, 2, 3] },
    };

    [LlvmTheory]
    [MemberData(nameof(Means))]
    public void Means_of_many_values_are_exact_to_rounding(long[] shape, int[] axes)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new TensorType(DType.Float32, Shape.Of(shape)));
        var graph = new Graph("mean", [x], [new("y", b.Add(new ReduceMean([.. axes], KeepDims: false), x))]);
        var random = new Random(1);
        var values = new Dictionary<string, Tensor> { ["x"] = Graphs.RandomTensors.Of(random, DType.Float32, shape, 900, 1000) };

        var expected = Compiled.Exact(graph, values);

        Compiled.AssertClose(expected, Compiled.Run(graph, values, Compiled.Native), MostError, 0);
        Compiled.AssertClose(expected, Compiled.Run(graph, values, Compiled.Managed), MostError, 0);
    }
}
