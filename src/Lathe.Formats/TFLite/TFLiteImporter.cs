using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;

namespace Lathe.Formats.TFLite;

/// <summary>
/// Reads TFLite models into graphs, channels last as they are. Integers that stand for reals stay integers, with the roundings of TFLite's kernels. Wrong
/// models are <see cref="ModelException"/>s; a model that needs what Lathe lacks is one <see cref="UnsupportedException"/> that lists all such
/// operators. Inputs and outputs keep the names of their tensors.
/// </summary>
public static class TFLiteImporter
{
    /// <summary>Whether a file that begins so is a TFLite model.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) => FlatTable.HasIdentifier(head, LiteModel.Identifier);

    public static Graph Import(string path, ImportOptions? options = null) => new ModelImporter(LiteModel.Read(path), options ?? new()).Import();

    /// <summary>Reads a model from memory, which must not change afterwards.</summary>
    public static Graph Import(ReadOnlyMemory<byte> bytes, ImportOptions? options = null) => new ModelImporter(LiteModel.Parse(bytes), options ?? new()).Import();
}
