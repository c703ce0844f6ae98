using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Conversion;

/// <summary>How far an output of the written model is from the same output of the model that was read.</summary>
/// <param name="LargestError">The largest difference of an element over all runs.</param>
/// <param name="LargestElement">The largest magnitude of an element, to judge the error by.</param>
internal sealed record OutputDifference(string Output, double LargestError, double LargestElement)
{
    public double Relative => LargestElement > 0 ? LargestError / LargestElement : LargestError;

    /// <summary>
    /// Runs both models on the same inputs: the given ones first, then random ones. Inputs and outputs are paired by their order, since formats may
    /// rename them, and halves may have become f32; throws a <see cref="ModelException"/> when their numbers or shapes differ.
    /// </summary>
    public static IReadOnlyList<OutputDifference> Measure(Graph before, Graph after, CompileOptions options, int runs, Func<int, IReadOnlyDictionary<string, Tensor>> inputs)
    {
        if (!Types(before.Inputs).SequenceEqual(Types(after.Inputs)) || !Types(before.Outputs.Select(o => o.Value)).SequenceEqual(Types(after.Outputs.Select(o => o.Value))))
            throw new ModelException("LATHE7030", "the written model has other inputs or outputs than the model that was read", "report this with the model");
        using var first = new Compiler(options, PassLog.FromEnvironment()).Load(before);
        using var second = new Compiler(options, PassLog.FromEnvironment()).Load(after);
        using var pool = new WorkerPool(options.Threads);
        using var one = new Session(first, pool);
        using var other = new Session(second, pool);
        var worst = before.Outputs.Select(o => new OutputDifference(o.Name, 0, 0)).ToArray();
        for (int run = 0; run < runs; run++)
        {
            var given = inputs(run);
            var renamed = before.Inputs.Zip(after.Inputs).ToDictionary(p => Name(p.Second), p => given[Name(p.First)].Cast(p.Second.Element));
            var (expected, actual) = (one.Run(given), other.Run(renamed));
            for (int i = 0; i < worst.Length; i++)
                worst[i] = worst[i].With(expected[before.Outputs[i].Name], actual[after.Outputs[i].Name]);
        }
        return worst;
    }

    private static string Name(Value input) => ((Input)input.Op).InputName;

    private static IEnumerable<TensorType> Types(IEnumerable<Value> values) => values.Select(v => v.Element.IsHalf ? v.Type.WithElement(DType.Float32) : v.Type);

    private OutputDifference With(Tensor expected, Tensor actual)
    {
        var comparison = TensorComparison.Of(actual, expected.Cast(actual.Type));
        return this with { LargestError = Math.Max(LargestError, comparison.MaxAbsoluteError), LargestElement = Math.Max(LargestElement, comparison.MaxExpected) };
    }
}
