using Google.Protobuf;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Parses files of protobuf messages. Nesting is limited, so that no file can exhaust the stack.</summary>
internal static class MessageFile
{
    private const int MaxDepth = 100;

    public static T Read<T>(string path, MessageParser<T> parser, string what) where T : IMessage<T>
    {
        using var file = InputFile.OpenRead(path);
        return Parse(CodedInputStream.CreateWithLimits(file, int.MaxValue, MaxDepth), parser, Path.GetFileName(path), what);
    }

    public static T Parse<T>(ReadOnlySpan<byte> bytes, MessageParser<T> parser, string name, string what) where T : IMessage<T>
    {
        using var stream = new MemoryStream(bytes.ToArray());
        return Parse(CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaxDepth), parser, name, what);
    }

    private static T Parse<T>(CodedInputStream input, MessageParser<T> parser, string name, string what) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(input);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException or ArgumentException)
        {
            throw new ModelException("LATHE3504", $"{name} is not {what}, or damaged at byte {input.Position}: {e.Message}", inner: e);
        }
    }
}
