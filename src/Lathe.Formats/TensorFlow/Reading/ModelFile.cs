using Google.Protobuf;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Tells and reads the files of TensorFlow's models: SavedModels, folders with a saved_model.pb, and graphs by themselves.</summary>
internal static class ModelFile
{
    private const string SavedModelName = "saved_model.pb", SavedModelTextName = "saved_model.pbtxt";
    private const long MaxTextBytes = 1 << 28;

    private const int FirstMessage = 0x0a, FirstNumber = 0x08, SecondMessage = 0x12;

    /// <summary>
    /// Whether a path is a SavedModel: a folder that holds one, or its file. The file begins with its version 1 and then a graph, whose first field is another message; ONNX's files
    /// may begin with a version 1 too, but a text follows.
    /// </summary>
    public static bool IsSavedModel(string path, ReadOnlySpan<byte> head)
    {
        if (Directory.Exists(path))
            return FileOf(path) is not null;
        if (BeginsWith(head, "saved_model_schema_version", "meta_graphs"))
            return true;
        return head is [FirstNumber, 1, SecondMessage, ..] && AfterLength(head, 3) is FirstMessage or SecondMessage;
    }

    /// <summary>Whether a file that begins so is a graph: its first field is a node, which begins with its name.</summary>
    public static bool IsGraph(ReadOnlySpan<byte> head) => BeginsWith(head, "node {", "node{", "versions {", "library {") || head is [FirstMessage, ..] && AfterLength(head, 1) == FirstMessage;

    public static MetaGraphDef ReadSavedModel(string path, IReadOnlyList<string> tags)
    {
        string file = Directory.Exists(path) ? FileOf(path) ?? path : path;
        return Choose(Read(file, SavedModel.Parser, "a SavedModel"), tags);
    }

    public static GraphDef ReadGraph(string path) => Read(path, GraphDef.Parser, "a TensorFlow graph");

    public static GraphDef ParseGraph(ReadOnlySpan<byte> bytes) => MessageFile.Parse(bytes, GraphDef.Parser, "the model", "a TensorFlow graph");

    /// <summary>The checkpoint of a SavedModel, or null where it has none, as models without variables.</summary>
    public static TensorBundle? Checkpoint(string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        string prefix = Path.Combine(folder, "variables", "variables");
        return File.Exists(prefix + ".index") ? TensorBundle.Open(prefix) : null;
    }

    /// <summary>Messages begin with a byte that no text does.</summary>
    private static T Read<T>(string path, MessageParser<T> parser, string what) where T : IMessage<T>, new()
    {
        using (var file = InputFile.OpenRead(path))
        {
            if (InputFile.Guard(path, file.ReadByte) < ' ')
                return MessageFile.Read(path, parser, what);
        }
        return TextMessage.Parse(System.Text.Encoding.UTF8.GetString(InputFile.ReadAllBytes(path, MaxTextBytes)), new T());
    }

    private static string? FileOf(string folder) => new[] { SavedModelName, SavedModelTextName }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static bool BeginsWith(ReadOnlySpan<byte> head, params ReadOnlySpan<string> words)
    {
        string text = System.Text.Encoding.Latin1.GetString(head).TrimStart();
        foreach (string word in words)
            if (text.StartsWith(word, StringComparison.Ordinal))
                return true;
        return false;
    }

    /// <summary>The graph with all of the tags; without any, the one for serving, or the only one.</summary>
    private static MetaGraphDef Choose(SavedModel model, IReadOnlyList<string> tags)
    {
        if (model.MetaGraphs.Count == 0)
            throw new ModelException("LATHE3560", "the SavedModel holds no graph");
        static string[] TagsOf(MetaGraphDef graph) => [.. graph.MetaInfoDef?.Tags ?? []];
        MetaGraphDef? found = tags.Count > 0
            ? model.MetaGraphs.FirstOrDefault(g => TagsOf(g).ToHashSet().SetEquals(tags))
            : model.MetaGraphs.FirstOrDefault(g => TagsOf(g) is ["serve"]) ?? (model.MetaGraphs.Count == 1 ? model.MetaGraphs[0] : null);
        string all = string.Join(", ", model.MetaGraphs.Select(g => $"\"{string.Join(",", TagsOf(g))}\""));
        return found ?? throw new ModelException("LATHE3561", tags.Count > 0 ? $"the SavedModel has no graph with the tags \"{string.Join(",", tags)}\"" : "none of the SavedModel's graphs is for serving", $"give one of its tag sets (--tag-set): {all}");
    }

    private static int AfterLength(ReadOnlySpan<byte> head, int at)
    {
        while (at < head.Length && head[at] >= 128)
            at++;
        return at + 1 < head.Length ? head[at + 1] : -1;
    }
}
