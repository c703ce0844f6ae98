using Lathe.Graphs;

namespace Lathe.Formats;

/// <summary>A kind of model that can be read.</summary>
/// <param name="Name">As people write it.</param>
/// <param name="Recognizes">Whether a path, a file that begins with these bytes or a folder (no bytes), is of this kind.</param>
/// <param name="Import">Reads it into a graph.</param>
/// <param name="Describe">What it, or the entry of it that is asked for, says about itself, without importing it.</param>
internal sealed record ModelFormat(string Name, RecognizeModel Recognizes, Func<string, ImportOptions, Graph> Import, Func<string, ImportOptions, ModelFileInfo> Describe);
