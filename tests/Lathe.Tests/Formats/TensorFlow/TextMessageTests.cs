using Lathe.Formats;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs.Evaluation;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Graphs in the text form of their messages.</summary>
public class TextMessageTests
{
    internal const string Graph = """
        node {
          name: "x"  # a comment
          op: 'Placeholder'
          attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "shape" value { shape { dim { size: 2 } unknown_rank: false } } }
        }
        node {
          name: "two"
          op: "Const"
          attr {
            key: "value"
            value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } } tensor_content: "\000\000\000@" "\x00\000\200?" } }
          }
          attr { key: "_new" value { list { s: ["a", "b\n"] i: [1, -2] } } }
          something_newer < inner: 3 >
        }
        node { name: "y" op: "Mul" input: "x" input: "two" }
        versions { producer: 27 }
        """;

    [Fact]
    public void TextsAreReadAsTheirMessages()
    {
        var graph = TextMessage.Parse(Graph, new GraphDef());

        Assert.Equal(["x", "two", "y"], graph.Node.Select(n => n.Name));
        Assert.Equal([0, 0, 0, 64, 0, 0, 128, 63], graph.Node[1].Attr["value"].Tensor.TensorContent.ToByteArray());
        Assert.Equal([1, -2], graph.Node[1].Attr["_new"].List.I);
        Assert.Equal(27, graph.Versions.Producer);
    }

    [Fact]
    public void FilesOfTextAreToldByContent()
    {
        string path = Path.Combine(Path.GetTempPath(), $"lathe-{Guid.NewGuid():N}.pbtxt");
        File.WriteAllText(path, Graph);
        try
        {
            Assert.Equal("TensorFlow graph", ModelReader.Describe(path).Format);
            var results = new GraphEvaluator().Run(ModelReader.Import(path), new Dictionary<string, Tensor> { ["x"] = Tensor.Vector(3f, 4f) });
            Assert.Equal([6, 4], results["y"].ToDoubleArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("node { name: ")]
    [InlineData("node { name: 3 }")]
    [InlineData("node { attr { value { i: 1 } } }")]
    [InlineData("node { attr { key: \"a\" value { i: many } } }")]
    [InlineData("}")]
    public void WrongTextsAreErrors(string text) => Assert.Equal("LATHE3567", Assert.Throws<ModelException>(() => TextMessage.Parse(text, new GraphDef())).Code);
}
