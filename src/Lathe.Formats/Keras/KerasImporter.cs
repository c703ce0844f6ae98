using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;

namespace Lathe.Formats.Keras;

/// <summary>
/// Reads models that Keras saved, of its versions 1 to 3: HDF5 files (.h5, .hdf5), archives (.keras), and configurations (.json) with a file of weights beside
/// them. Wrong models are <see cref="ModelException"/>s; a model that needs what Lathe lacks is one <see cref="UnsupportedException"/> that lists all such
/// layers. Inputs and outputs go by the names of their layers.
/// </summary>
public static class KerasImporter
{
    /// <summary>Whether a file that begins so is a Keras model.</summary>
    public static bool Recognizes(string path, ReadOnlySpan<byte> head) => KerasFile.Recognizes(path, head);

    public static Graph Import(string path, ImportOptions? options = null) => new ModelImporter(KerasFile.Read(path), options ?? new()).Import();

    /// <summary>Reads an HDF5 file or an archive from memory, which must not change afterwards.</summary>
    public static Graph Import(Memory<byte> bytes, ImportOptions? options = null) => new ModelImporter(KerasFile.Read(bytes, "the model"), options ?? new()).Import();
}
