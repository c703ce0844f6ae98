namespace Lathe.Formats;

/// <summary>Whether a model at <paramref name="path"/> is of a format.</summary>
/// <param name="head">The first bytes of the file, as many as <see cref="ModelReader.HeadBytes"/>; empty for a folder.</param>
internal delegate bool RecognizeModel(string path, ReadOnlySpan<byte> head);
