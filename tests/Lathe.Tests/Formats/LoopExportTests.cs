using Lathe.Formats.Onnx;
using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Peers;
using Lathe.Tensors;
using Lathe.Tests.Bench;
using Lathe.Tests.Compilation;
using Lathe.Tests.Formats.TFLite;

namespace Lathe.Tests.Formats;

/// <summary>Loops whose rounds only a run counts, written in the formats that have them, read back, and run by others.</summary>
public class LoopExportTests
{
    /// <summary>A square root, to a tolerance.</summary>
    private const string Newton =
        """
        graph newton(a: f32[3], tolerance: f32[]) {
          %0 = While(a, a, tolerance) {
            Condition=graph condition(y: f32[3], a: f32[3], tolerance: f32[]) {
              %0 = Mul(y, y) : f32[3]
              %1 = Sub(%0, a) : f32[3]
              %2 = Abs(%1) : f32[3]
              %3 = ReduceMax(%2) {Axes=[0], KeepDims=false} : f32[]
              %4 = Greater(%3, tolerance) : bool[]
              return more = %4
            },
            Body=graph body(y: f32[3], a: f32[3], tolerance: f32[]) {
              %0 = Div(a, y) : f32[3]
              %1 = Add(y, %0) : f32[3]
              %2 = Mul(%1, f32[]{0.5}) : f32[3]
              return y = %2
            }} 'root' : f32[3]
          return root = %0
        }
        """;

    /// <summary>The best next token after each, until token 0 or until six are written.</summary>
    private const string Decode =
        """
        graph decode(first: i32[1]) {
          %0, %1, %2 = While(first, i32[6]{0, 0, 0, 0, 0, 0}, i32[]{0}) {
            Condition=graph condition(token: i32[1], tokens: i32[6], i: i32[]) {
              %0 = NotEqual(token, i32[]{0}) : bool[1]
              %1 = Reshape(%0) {NewShape=[]} : bool[]
              %2 = Less(i, i32[]{6}) : bool[]
              %3 = And(%1, %2) : bool[]
              return more = %3
            },
            Body=graph body(token: i32[1], tokens: i32[6], i: i32[]) {
              %0 = Gather(f32[5,2]{1, 0, 0, 1, 2, 0, 1, 1.2, -1, -1}, token) {Axis=0} 'embedding' : f32[1,2]
              %1 = MatMul(%0, f32[2,5]{3, 0, 1, 0, -9, 0, 1, 2, 2.5, -9}) {TransposeA=false, TransposeB=false} 'scores' : f32[1,5]
              %2 = ArgMax(%1) {Axis=1, KeepDims=false, SelectLast=false} : i64[1]
              %3 = Cast(%2) {To=i32} : i32[1]
              %4 = Equal(i32[6]{0, 1, 2, 3, 4, 5}, i) : bool[6]
              %5 = Where(%4, %3, tokens) : i32[6]
              %6 = Add(i, i32[]{1}) : i32[]
              return token = %3, tokens = %5, i = %6
            }} 'decoder' : i32[1], i32[6], i32[]
          return tokens = %1, count = %2
        }
        """;

    /// <summary>Sums up to each of the numbers below n, with a value that changes places and one that is not used after the loop.</summary>
    private const string Nested =
        """
        graph nested(x: f32[2,4], n: i32[]) {
                  %0, %1, %2 = While(x, x, i32[]{0}, n) {
            Condition=graph condition(a: f32[2,4], b: f32[2,4], k: i32[], n: i32[]) {
              %0 = Less(k, n) : bool[]
              return more = %0
            },
            Body=graph body(a: f32[2,4], b: f32[2,4], k: i32[], n: i32[]) {
              %0, %1 = While(a, i32[]{0}, k) {
                Condition=graph condition(a: f32[2,4], i: i32[], k: i32[]) {
                  %0 = Less(i, k) : bool[]
                  return more = %0
                },
                Body=graph body(a: f32[2,4], i: i32[], k: i32[]) {
                  %0 = MatMul(a, f32[4,4]{1, 0, 0, 0.5, 0, 1, 0.5, 0, 0, 0.5, 1, 0, 0.5, 0, 0, 1}) {TransposeA=false, TransposeB=false} 'dense' : f32[2,4]
                  %1 = Add(%0, f32[4]{1, 2, 3, 4}) 'dense' : f32[2,4]
                  %2 = Relu(%1) 'dense' : f32[2,4]
                  %3 = Add(i, i32[]{1}) : i32[]
                  return a = %2, i = %3
                }} 'inner' : f32[2,4], i32[]
              %2 = Add(k, i32[]{1}) : i32[]
              return a = b, b = %0, k = %2
            }} 'outer' : f32[2,4], f32[2,4], i32[]
          return a = %0, b = %1
        }
        """;

    /// <summary>An image that is smoothed, channels-last, as long as its largest place is over a limit.</summary>
    private const string Smoothing =
        """
        graph smoothing(image: f32[1,6,6,2], limit: f32[]) {
          %0 = While(image, limit) {
            Condition=graph condition(image: f32[1,6,6,2], limit: f32[]) {
              %0 = ReduceMax(image) {Axes=[0, 1, 2, 3], KeepDims=false} : f32[]
              %1 = Greater(%0, limit) : bool[]
              return more = %1
            },
            Body=graph body(image: f32[1,6,6,2], limit: f32[]) {
              %0 = AveragePool(image) {Window={Kernel=[3, 3], Strides=[1, 1], PadsBefore=[1, 1], PadsAfter=[1, 1], Dilations=[1, 1]}, CountIncludePad=true, Layout=ChannelsLast, PadsCounted=[]} 'pool' : f32[1,6,6,2]
              return image = %0
            }} 'smooth' : f32[1,6,6,2]
          return smooth = %0
        }
        """;

    private static readonly GraphEvaluator Evaluator = new();

    public static TheoryData<string> Names => [.. Models.Keys];

    private static Dictionary<string, (string Text, Dictionary<string, Tensor>[] Inputs)> Models { get; } = new()
    {
        ["newton"] = (Newton, [.. new[] { 1e-3f, 1e9f }.Select(t => new Dictionary<string, Tensor> { ["a"] = Tensor.Vector(2f, 9, 1), ["tolerance"] = Tensor.Scalar(t) })]),
        ["decode"] = (Decode, [.. new[] { 1, 0, 4 }.Select(t => new Dictionary<string, Tensor> { ["first"] = Tensor.Vector(t) })]),
        ["nested"] = (Nested, [.. new[] { 0, 1, 4 }.Select(n => new Dictionary<string, Tensor> { ["x"] = Ramp(2, 4), ["n"] = Tensor.Scalar(n) })]),
        ["smoothing"] = (Smoothing, [.. new[] { 0.5f, 100f }.Select(l => new Dictionary<string, Tensor> { ["image"] = Ramp(1, 6, 6, 2), ["limit"] = Tensor.Scalar(l) })]),
    };

    [Fact]
    public void Decoding_gives_the_tokens_that_it_should()
    {
        var (text, inputs) = Models["decode"];
        var outputs = inputs.Select(i => Evaluator.Run(GraphText.Parse(text), i)).ToArray();

        Assert.Equal([[3, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [4, 4, 4, 4, 4, 4]], outputs.Select(o => o["tokens"].ToDoubleArray()));
        Assert.Equal([3, 0, 6], outputs.Select(o => o["count"].GetDouble(0)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_loop_is_the_same_after_a_round_trip(string name)
    {
        var (text, inputs) = Models[name];
        var graph = GraphText.Parse(text);
        int loops = graph.AllNodes.Count(n => n.Op is While);
        Graph[] read =
        [
            .. new[] { 9, 11, 13, 18, 22 }.Select(opset => OnnxImporter.Import(OnnxExporter.Export(graph, opset))),
            TFLiteImporter.Import(TFLiteExporter.Export(graph)),
            TFLiteImporter.Import(TFLiteExporter.Export(OnnxImporter.Import(OnnxExporter.Export(graph)))),
        ];

        foreach (var back in read)
        {
            GraphVerifier.Verify(back);
            Assert.Equal(loops, back.AllNodes.Count(n => n.Op is While));
            foreach (var values in inputs)
                Compiled.AssertClose(Evaluator.Run(graph, values), Evaluator.Run(back, values), rtol: 1e-5, atol: 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_loop_that_was_read_is_compiled(string name)
    {
        var (text, inputs) = Models[name];
        var graph = TFLiteImporter.Import(TFLiteExporter.Export(GraphText.Parse(text)));
        foreach (var values in inputs)
            Compiled.AssertClose(Evaluator.Run(graph, values), Compiled.Run(graph, values, Compiled.Managed), rtol: 1e-4, atol: 1e-5);
    }

    [OnnxRuntimeFact]
    public void Onnx_runtime_computes_the_same()
    {
        using var runtime = new OnnxRuntime();
        foreach (var (text, inputs) in Models.Values)
        {
            var graph = GraphText.Parse(text);
            foreach (int opset in new[] { 9, 11, 17 })
            {
                using var session = runtime.Load(OnnxExporter.Export(graph, opset));
                foreach (var values in inputs)
                    Compiled.AssertClose(Evaluator.Run(graph, values), session.Run(values), rtol: 1e-5, atol: 1e-5);
            }
        }
    }

    [TfLiteRuntimeFact]
    public void TensorFlow_Lite_computes_the_same()
    {
        var library = new TfLite();
        foreach (var (text, inputs) in Models.Values)
        {
            var graph = GraphText.Parse(text);
            using var session = library.Load(TFLiteExporter.Export(graph));
            foreach (var values in inputs)
            {
                var results = session.Run([.. graph.Inputs.Select(i => values[((Input)i.Op).InputName])]);
                Compiled.AssertClose(Evaluator.Run(graph, values), graph.Outputs.Zip(results).ToDictionary(p => p.First.Name, p => p.Second), rtol: 1e-5, atol: 1e-5);
            }
        }
    }

    private static Tensor Ramp(params long[] shape) => Tensor.Of<float>(Shape.Of(shape), [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => (i * 7 % 11) - 4f)]);
}
