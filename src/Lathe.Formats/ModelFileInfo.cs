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
    IReadOnlyList<(string Name, string Text)> Facts);
