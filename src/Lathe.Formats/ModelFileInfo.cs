using System.Collections.ObjectModel;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>What a model's file says about itself.</summary>
/// <param name="Format">The format's name, as people write it.</param>
/// <param name="Producer">The tool that made the file, with its version; empty where the file does not say.</param>
/// <param name="Version">The format's version of the file.</param>
/// <param name="Opsets">The version of each domain of operators, for formats that have them; ONNX's own is "".</param>
/// <param name="Inputs">Those without a stored value, with the shapes that the model declares; null where it declares none.</param>
/// <param name="Facts">What else is known: a name and a text each.</param>
public sealed record ModelFileInfo(
    string Format,
    string Producer,
    long Version,
    IReadOnlyDictionary<string, long> Opsets,
    IReadOnlyList<(string Name, Shape? Shape)> Inputs,
    IReadOnlyList<(string Name, string Text)> Facts)
{
    /// <summary>The operators of the main graph in the file's order, for formats that are lists of them: their kind, and their nodes' name in the graph.</summary>
    public IReadOnlyList<(string Kind, string Name)> Operators { get; init; } = [];

    /// <summary>How inputs take pictures, where the file says so, by their names.</summary>
    public IReadOnlyDictionary<string, PixelNormalization> Normalizations { get; init; } = ReadOnlyDictionary<string, PixelNormalization>.Empty;

    /// <summary>What the integers of an output stand for, by its name: scale * (integer - zero point).</summary>
    public IReadOnlyDictionary<string, (double Scale, long ZeroPoint)> OutputScales { get; init; } = ReadOnlyDictionary<string, (double Scale, long ZeroPoint)>.Empty;

    /// <summary>The names of an output's classes in their order, where the file holds them, by the output's name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ClassNames { get; init; } = ReadOnlyDictionary<string, IReadOnlyList<string>>.Empty;
}
