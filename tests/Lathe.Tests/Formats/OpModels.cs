using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Formats;

/// <summary>Each sample of an op as a model, for exporters.</summary>
internal static class OpModels
{
    private const int Seed = 11;

    /// <summary>All ops of the graph language but inputs and constants.</summary>
    public static IEnumerable<Type> Ops => typeof(Op).Assembly.GetTypes()
        .Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Op)) && t != typeof(Input) && t != typeof(Constant));

    /// <summary>As <see cref="Of"/>, with what a format that knows no halves makes of a model, and its inputs.</summary>
    public static IEnumerable<(Graph Graph, Graph Widened, Dictionary<string, Tensor> Inputs)> WithoutHalves(string name) => Of(name).Select(sample =>
        (sample.Graph, new WidenHalves(everywhere: true).Run(sample.Graph), sample.Inputs.ToDictionary(i => i.Key, i => i.Value.Type.IsHalf ? i.Value.Cast(DType.Float32) : i.Value)));

    /// <summary>An op's samples, once with all operands as inputs, and once with all but the first as constants.</summary>
    public static IEnumerable<(Graph Graph, Dictionary<string, Tensor> Inputs)> Of(string name)
    {
        foreach (var sample in OpSamples.For(Ops.Single(t => t.Name == name), Seed))
        {
            foreach (bool constants in new[] { false, true })
            {
                var b = new GraphBuilder { Origin = name };
                var tensors = new Dictionary<string, Tensor>();
                var inputs = new List<Value>();
                var operands = sample.Inputs.Select((tensor, i) =>
                {
                    if (constants && i > 0)
                        return b.Constant(tensor);
                    tensors[$"x{i}"] = tensor;
                    inputs.Add(b.Input($"x{i}", new(tensor.Type, tensor.Shape)));
                    return inputs[^1];
                }).ToArray();
                yield return (new Graph(name, inputs, b.AddNode(sample.Op, operands).Outputs.Select((o, i) => new GraphOutput($"y{i}", o))), tensors);
            }
        }
    }
}
