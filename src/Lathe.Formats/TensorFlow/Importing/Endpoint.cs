using System.Globalization;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>An output of a node.</summary>
internal readonly record struct Endpoint(string Node, int Output)
{
    /// <summary>"node" or "node:output", as graphs and users write it.</summary>
    public static Endpoint Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 0)
            return new(text, 0);
        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int output)
            ? new(text[..colon], output)
            : throw new ModelException("LATHE3510", $"'{text}' is not a tensor's name", "names are \"node\" or \"node:output\"");
    }

    public override string ToString() => Output == 0 ? Node : $"{Node}:{Output}";
}
