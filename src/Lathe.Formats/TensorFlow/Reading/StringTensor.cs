using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Constant texts, as file names and names of tensors are; they never become values of a graph.</summary>
internal sealed record StringTensor(Shape Shape, ImmutableArray<ByteString> Elements)
{
    public string Text(int i) => Encoding.UTF8.GetString(Elements[i].Span);
}
