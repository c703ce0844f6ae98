using System.Security.Cryptography;
using System.Text;
using Lathe.Graphs.Text;
using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>
/// The text form of the graph language. What <see cref="Print"/> writes, <see cref="Parse"/> reads back to an equal graph. Errors are
/// <see cref="ModelException"/>s with a line and a column.
/// <code>
/// graph mnist(image: f32[n,1,28,28]) {
///   $0: f32[32,1,3,3] = sha:51c2a3e0d9f4b877 'conv1.weight'
///   %0 = Conv(image, $0) {Window={Kernel=[3, 3], Strides=[1, 1], ...}, Groups=1, Layout=ChannelsFirst} 'conv1' : f32[n,32,26,26]
///   %1 = Add(%0, f32[]{0.5}) 'conv1' : f32[n,32,26,26]
///   return probabilities = %1
/// }
/// </code>
/// Constants of up to 16 elements stand where they are used; the bytes of larger ones are in a table beside the text
/// (<see cref="LargeConstants"/>). Attributes are the op's record members. Names that are not identifiers stand in backquotes.
/// <c>#</c> starts a comment.
/// </summary>
public static class GraphText
{
    /// <summary>The largest number of elements of a constant that stands in the text itself.</summary>
    public const int InlineElements = 16;

    public static string Print(Graph graph) => new GraphPrinter(new StringBuilder()).Print(graph);

    /// <summary>An op with its attributes, as <see cref="Print(Graph)"/> writes them: <c>ReduceSum {Axes=[1], KeepDims=true}</c>.</summary>
    public static string Print(Op op) => AttributeText.Members(op) is var members && members == "{}" ? op.Name : $"{op.Name} {members}";

    /// <summary>Reads a graph; <paramref name="constants"/> gives the tensors of large constants by the digest that stands in the text.</summary>
    public static Graph Parse(string text, IReadOnlyDictionary<string, Tensor>? constants = null) =>
        new GraphParser(new GraphLexer(text), constants ?? new Dictionary<string, Tensor>()).Parse();

    /// <summary>The tensors that the text form of a graph names by their digest.</summary>
    public static Dictionary<string, Tensor> LargeConstants(Graph graph) => graph.AllNodes
        .Select(n => n.Output.Constant)
        .Where(t => t is not null && t.Count > InlineElements)
        .DistinctBy(t => Digest(t!))
        .ToDictionary(t => Digest(t!), t => t!);

    /// <summary>Sixteen hexadecimal digits that follow from a tensor's type, shape and bytes.</summary>
    public static string Digest(Tensor tensor)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(tensor.ToString()));
        hash.AppendData(tensor.Bytes.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
