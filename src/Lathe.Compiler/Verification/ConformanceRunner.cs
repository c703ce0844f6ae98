using System.Diagnostics;
using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Verification;

/// <summary>Gives the outputs of a graph under their names for inputs under theirs.</summary>
public delegate IReadOnlyDictionary<string, Tensor> RunGraph(Graph graph, IReadOnlyDictionary<string, Tensor> inputs);

/// <summary>
/// Runs models on recorded inputs and compares with recorded outputs: an element matches when
/// |actual - expected| is at most atol + rtol * |expected|; types and shapes must be equal. The tolerances that ONNX's own backend tests use,
/// 1e-3 and 1e-7, are the defaults; an atol of null is <see cref="RoundingShare"/> of the output's largest recorded element. bfloat16 may be off by one unit in the last place. Operands that decide shapes (the target of a Reshape, the axes of a reduction) take their recorded
/// values when the model is imported.
/// </summary>
public sealed class ConformanceRunner(RunGraph run, double rtol = 1e-3, double? atol = 1e-7)
{
    /// <summary>
    /// Elements near zero are differences of larger terms, so that in a network of many layers they are off by roundings of the size of
    /// the largest ones: some tens of float32's 6e-8.
    /// </summary>
    public const double RoundingShare = 1e-5;

    /// <param name="onResult">Called after each case, for progress.</param>
    public ConformanceReport Run(IEnumerable<ConformanceCase> cases, Action<CaseResult>? onResult = null)
    {
        var results = new List<CaseResult>();
        foreach (var item in cases)
        {
            results.Add(Run(item));
            onResult?.Invoke(results[^1]);
        }
        return new(results);
    }

    public CaseResult Run(ConformanceCase item)
    {
        long start = Stopwatch.GetTimestamp();
        var (outcome, reason) = Judge(item);
        return new(item.Name, outcome, reason, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private (CaseOutcome Outcome, string Reason) Judge(ConformanceCase item)
    {
        try
        {
            var recorded = new RecordedValues(item.Model);
            foreach (string set in item.DataSets)
                if (Differences(item.Model, recorded, set) is { } difference)
                    return (CaseOutcome.Failed, item.DataSets.Count == 1 ? difference : $"{Path.GetFileName(set)}: {difference}");
            return (CaseOutcome.Passed, "");
        }
        catch (UnsupportedException e)
        {
            return (CaseOutcome.Skipped, e.Places.Count > 0 ? string.Join("\n", e.Places) : e.Message);
        }
        catch (LatheException e)
        {
            return (CaseOutcome.Failed, $"{e.Code}: {e.Message}");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (CaseOutcome.Failed, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private string? Differences(string model, RecordedValues recorded, string set)
    {
        var values = recorded.Inputs(set, out var unread);
        var graph = ModelReader.Import(model, new ImportOptions { InputValues = values });
        if (unread is not null)
            throw unread;
        var inputs = new Dictionary<string, Tensor>();
        foreach (var input in graph.Inputs)
        {
            string name = ((Input)input.Op).InputName;
            inputs[name] = values.TryGetValue(name, out var value)
                ? As(value, input.Element)
                : throw new ModelException("LATHE5102", $"no value of the input '{name}' is recorded");
        }
        var expected = RecordedValues.Outputs(set, [.. graph.Outputs.Select(o => o.Name)]);
        var actual = run(graph, inputs);
        foreach (var (name, tensor) in expected)
        {
            var value = As(tensor, actual[name].Type);
            var comparison = TensorComparison.Of(actual[name], value, RelativeTolerance(value.Type), atol ?? RoundingOf(value));
            if (!comparison.Matches)
                return $"output '{name}': {comparison}";
        }
        return null;
    }

    private static double RoundingOf(Tensor recorded)
    {
        if (!recorded.Type.IsFloat)
            return 0;
        double largest = 0;
        for (long i = 0; i < recorded.Count; i++)
            if (Math.Abs(recorded.GetDouble(i)) is var size && double.IsFinite(size))
                largest = Math.Max(largest, size);
        return Math.Max(1e-7, RoundingShare * largest);
    }

    /// <summary>Two bfloat16 that are neighbours differ by up to 2^-7 of their size, and recorded ones may be truncated instead of rounded.</summary>
    private double RelativeTolerance(DType type) => type == DType.BFloat16 ? Math.Max(rtol, 1.0 / 128) : rtol;

    /// <summary>NumPy has no bfloat16, so that recorded values of it may be its bits as u16.</summary>
    private static Tensor As(Tensor recorded, DType type) =>
        (recorded.Type, type) == (DType.UInt16, DType.BFloat16) ? new(type, recorded.Shape, recorded.Bytes) : recorded;
}
