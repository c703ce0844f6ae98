using Google.Protobuf;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Reading;

/// <summary>Parses files of protobuf messages. Nesting is limited, so that no file can exhaust the stack.</summary>
internal static class ModelFile
{
    private const int MaxDepth = 100;

    public static ModelProto Read(string path)
    {
        using var file = InputFile.OpenRead(path);
        return Parse(CodedInputStream.CreateWithLimits(file, int.MaxValue, MaxDepth), Path.GetFileName(path));
    }

    public static ModelProto Parse(CodedInputStream input, string name = "the model")
    {
        var model = ParseMessage(input, ModelProto.Parser, name, "an ONNX model");
        return model.Graph is null ? throw NoGraph(name) : model;
    }

    /// <summary>What a model's file says about itself; its nodes and weights are skipped.</summary>
    public static ModelHeadProto ReadHead(string path)
    {
        var head = Read(path, ModelHeadProto.Parser.WithDiscardUnknownFields(true), "an ONNX model");
        return head.Graph is null ? throw NoGraph(Path.GetFileName(path)) : head;
    }

    /// <summary>Reads a file that holds one message of another kind, as recorded test values are stored.</summary>
    public static T Read<T>(string path, MessageParser<T> parser, string what) where T : IMessage<T>
    {
        using var file = InputFile.OpenRead(path);
        return ParseMessage(CodedInputStream.CreateWithLimits(file, int.MaxValue, MaxDepth), parser, Path.GetFileName(path), what);
    }

    private static ModelException NoGraph(string name) =>
        new("LATHE3011", $"{name} is not an ONNX model: it has no graph", "check that the path names a .onnx file");

    private static T ParseMessage<T>(CodedInputStream input, MessageParser<T> parser, string name, string what) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(input);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException or ArgumentException)
        {
            throw new ModelException("LATHE3010", $"{name} is not {what}, or damaged at byte {input.Position}: {e.Message}", inner: e);
        }
    }
}
