using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>The entries of a SavedModel: named inputs and outputs. They are listed by name, since files keep them in no order.</summary>
internal static class Signatures
{
    public const string Default = "serving_default";
    private const string InitOp = "__saved_model_init_op";

    /// <summary>Those that are for use.</summary>
    public static IEnumerable<KeyValuePair<string, SignatureDef>> All(MetaGraphDef model) =>
        model.SignatureDef.Where(s => !s.Key.StartsWith("__saved_model", StringComparison.Ordinal)).OrderBy(s => s.Key, StringComparer.Ordinal);

    /// <summary>The one of a name; without one, the default, or the only one.</summary>
    public static SignatureDef Choose(MetaGraphDef model, string? name)
    {
        var all = All(model).ToList();
        string names = string.Join(", ", all.Select(s => s.Key));
        if (name is not null)
        {
            return model.SignatureDef.TryGetValue(name, out var wanted)
                ? wanted
                : throw new ModelException("LATHE3562", $"the model has no signature '{name}'", all.Count > 0 ? $"its signatures are: {names}" : "it has none: give its outputs (--outputs)");
        }
        if (model.SignatureDef.TryGetValue(Default, out var served))
            return served;
        return all.Count switch
        {
            0 => throw new ModelException("LATHE3562", "the model has no signature", "name tensors of its graph (--outputs)"),
            1 => all[0].Value,
            _ => throw new ModelException("LATHE3562", $"the model has no signature '{Default}' and several others", $"choose one (--signature): {names}"),
        };
    }

    public static ModelInterface InterfaceOf(SignatureDef signature) => new(
        [.. signature.Inputs.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => new ModelInterface.Input(
            i.Key, At(i.Key, i.Value), () => DataTypes.Element(DataTypes.Of(i.Value.Dtype)), Shapes.Open(i.Value.TensorShape, i.Key)))],
        [.. OutputsOf(signature).Select(o => new ModelInterface.Output(o.Key, At(o.Key, o.Value)))]);

    /// <summary>What is not text; where all is, that, so that it is refused by name.</summary>
    private static IEnumerable<KeyValuePair<string, TensorInfo>> OutputsOf(SignatureDef signature)
    {
        var all = signature.Outputs.OrderBy(o => o.Key, StringComparer.Ordinal).ToList();
        var tensors = all.Where(o => !IsText(o.Value)).ToList();
        return tensors.Count > 0 ? tensors : all;
    }

    private static bool IsText(TensorInfo info) => DataTypes.Of(info.Dtype) == DataType.String;

    /// <summary>"key(a: f32[1,n]) -> b", for people.</summary>
    public static string Text(string key, SignatureDef signature)
    {
        static string One(string name, TensorInfo info) => $"{name}: {DataTypes.Of(info.Dtype).ToString().ToLowerInvariant()}{Shapes.Open(info.TensorShape, name)?.ToString() ?? ""}";
        return $"{key}({string.Join(", ", signature.Inputs.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => One(i.Key, i.Value)))}) -> {string.Join(", ", signature.Outputs.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => IsText(o.Value) ? $"{o.Key}: string, left out" : o.Key))}";
    }

    /// <summary>The nodes that restore the model's variables and set it up.</summary>
    public static IEnumerable<string> SetUp(MetaGraphDef model)
    {
        if (model.SaverDef?.RestoreOpName is { Length: > 0 } restore)
            yield return Endpoint.Parse(restore).Node;
        if (model.SignatureDef.TryGetValue(InitOp, out var init))
            foreach (var output in init.Outputs.Values)
                yield return Endpoint.Parse(output.Name).Node;
        foreach (string collection in new[] { "saved_model_main_op", "legacy_init_op", "main_op" })
            if (model.CollectionDef.TryGetValue(collection, out var nodes) && nodes.NodeList is { } list)
                foreach (string name in list.Value)
                    yield return Endpoint.Parse(name).Node;
    }

    private static Endpoint At(string name, TensorInfo info) => info.Name.Length > 0
        ? Endpoint.Parse(info.Name)
        : throw new UnsupportedException("LATHE3563", $"'{name}' of the signature is not a plain tensor, which is not supported");
}
