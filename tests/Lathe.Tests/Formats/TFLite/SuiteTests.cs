using System.Diagnostics;
using Lathe.Formats;
using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>
/// Every TFLite model of the suites and collections, against recorded outputs where there are some, else against TensorFlow Lite's own C library: integers bit for
/// bit, floats to 1e-5 of the largest element. What is refused or differs is listed in files/tflite-exceptions.txt, a line each: the model, what happens, and why.
/// LATHE_BLESS=1 rewrites the list and keeps the reasons; a line that has none yet fails. Two models of huge images run only with LATHE_LONG=1.
/// </summary>
public class SuiteTests(ITestOutputHelper output)
{
    /// <summary>TensorFlow Lite 2.9 takes the 8-bit weights of time in this model's SVDF layers for 16-bit ones, and writes over its own memory.</summary>
    private const string Crashing = "keyword_scrambled_8bit.tflite";

    [TfLiteTheory]
    [InlineData("suites/glow")]
    [InlineData("suites/hannk")]
    [InlineData("suites/tflite-micro")]
    [InlineData("suites/tflite-2.14.1")]
    [InlineData("tflite/google-coral")]
    [InlineData("tflite/tflite-support")]
    [InlineData("classifiers")]
    [InlineData("mlcommons-tiny")]
    [InlineData("audio")]
    [InlineData("pose")]
    [InlineData("faces")]
    [InlineData("savedmodel")]
    public void ModelsAgreeOrAreListed(string folder)
    {
        var cases = SuiteCase.Find(RealModels.Folder!, folder).ToList();
        var library = new TfLite();
        var found = new List<(string Name, string? What)>();
        foreach (var item in cases)
        {
            long start = Stopwatch.GetTimestamp();
            if (item.Name.Contains("_huge_", StringComparison.Ordinal) && Environment.GetEnvironmentVariable("LATHE_LONG") != "1")
                continue;
            string? what = Outcome(library, item);
            output.WriteLine($"{item.Name}: {what ?? "agrees"} ({Stopwatch.GetElapsedTime(start).TotalSeconds:f1} s)");
            if (what is not null)
                found.Add((item.Name, what.ReplaceLineEndings(" ")));
        }
        output.WriteLine($"{cases.Count - found.Count} of {cases.Count} agree");
        ReasonedList.AssertIs("tflite-exceptions.txt", found, name => cases.Any(c => c.Name == name));
    }

    /// <summary>Null where all outputs agree; else what is refused, or the first output that differs and how far.</summary>
    private static string? Outcome(TfLite library, SuiteCase item)
    {
        Graph graph;
        Tensor[] inputs;
        try
        {
            (graph, inputs) = Import(library, item);
        }
        catch (UnsupportedException e)
        {
            return $"not supported: {(e.Places.Count > 0 ? string.Join("; ", e.Places) : e.Message)}";
        }
        catch (ModelException e)
        {
            return $"refused: {e.Message}";
        }
        IReadOnlyList<Tensor>? expected = item.Recorded(isInput: false, [.. graph.Outputs.Select(o => (o.Value.Element, o.Value.Shape))]);
        if (expected is null && Path.GetFileName(item.Model) == Crashing)
            return "not compared: TensorFlow Lite crashes";
        if (expected is null)
        {
            try
            {
                using var session = library.Load(File.ReadAllBytes(item.Model));
                expected = Run(session, graph, inputs);
            }
            catch (TfLiteException e)
            {
                return $"not compared: {e.Message}";
            }
        }
        var actual = new GraphEvaluator().Run(graph, graph.Inputs.Zip(inputs).ToDictionary(p => ((Input)p.First.Op).InputName, p => p.Second));
        foreach (var (result, reference) in graph.Outputs.Zip(expected))
        {
            double largest = reference.ToDoubleArray().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
            var comparison = TensorComparison.Of(actual[result.Name], reference, 0, reference.Type.IsFloat ? 1e-5 * Math.Max(1, largest) : 0);
            if (!comparison.Matches)
                return $"differs: {result.Name}: {comparison.Difference ?? $"{comparison.Mismatches} of {comparison.Count} elements, by up to {comparison.MaxAbsoluteError:g2}"}";
        }
        return null;
    }

    /// <summary>Shapes and axes that are inputs of the model are known while it is imported.</summary>
    private static (Graph Graph, Tensor[] Inputs) Import(TfLite library, SuiteCase item)
    {
        try
        {
            var graph = TFLiteImporter.Import(item.Model);
            return (graph, item.Recorded(isInput: true, [.. graph.Inputs.Select(i => (i.Element, i.Shape))]) ?? Filled(graph.Inputs.Select(i => i.Type)));
        }
        catch (UnsupportedException e) when (e.Places.Any(p => p.Contains("data that only a run gives", StringComparison.Ordinal)))
        {
            using var session = library.Load(File.ReadAllBytes(item.Model));
            var types = session.Inputs;
            if (types.Any(t => t.Type is null))
                throw;
            var inputs = Filled(types.Select(t => new TensorType(t.Type!.Value, t.Shape)));
            return (TFLiteImporter.Import(item.Model, new() { InputValues = types.Zip(inputs).ToDictionary(p => p.First.Name, p => p.Second) }), inputs);
        }
    }

    /// <summary>Inputs that the model stores are none of the graph's.</summary>
    private static IReadOnlyList<Tensor> Run(TfLiteSession session, Graph graph, Tensor[] inputs)
    {
        var names = session.Inputs.Select(i => i.Name).ToList();
        for (int i = 0; i < inputs.Length; i++)
            session.SetInput(names.Count == inputs.Length ? i : names.IndexOf(((Input)graph.Inputs[i].Op).InputName), inputs[i]);
        session.Invoke();
        return [.. Enumerable.Range(0, session.OutputCount).Select(session.GetOutput)];
    }

    private static Tensor[] Filled(IEnumerable<TensorType> types)
    {
        var random = new Random(1);
        return [.. types.Select(t => Filled(t, random))];
    }

    /// <summary>Floats from -1 to 1, narrow integers of the whole range, and wide ones that may serve as indices or as an order of axes.</summary>
    private static Tensor Filled(TensorType type, Random random)
    {
        var tensor = Tensor.Zeros(type.Element, type.Shape);
        for (long i = 0; i < tensor.Count; i++)
        {
            if (type.Element.IsFloat)
                tensor.SetDouble(i, (random.NextDouble() * 2) - 1);
            else if (type.Element == DType.Bool)
                tensor.SetInt64(i, random.Next(2));
            else
                tensor.SetInt64(i, type.Element.Size > 2 ? tensor.Count - 1 - i : random.Next(65536));
        }
        return tensor;
    }
}
