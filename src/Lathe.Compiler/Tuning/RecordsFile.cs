using System.Buffers;
using Lathe.Tensors;

namespace Lathe.Compilation.Tuning;

/// <summary>A file of tuning records, one JSON object a line, that is only ever appended to.</summary>
public sealed class RecordsFile : IDisposable
{
    private const long LongestFile = 1L << 30;
    private const int LongestLine = 1 << 17;
    private const int MostRecords = 1 << 20;
    private const int NotesInFull = 3;

    private static ReadOnlySpan<byte> RecordStart => "{\"hash\":"u8;

    private readonly FileStream _file;

    private RecordsFile(FileStream file) => _file = file;

    /// <summary>
    /// All records of a file, in their order. Lines that are no records are left out, and the notes say which; so is a last line that was
    /// broken off. Throws a <see cref="ModelException"/> for files that cannot be read or are too large.
    /// </summary>
    public static (IReadOnlyList<TuningRecord> Records, IReadOnlyList<string> Notes) Read(string path) => InputFile.Guard(path, () =>
    {
        using var file = InputFile.OpenRead(path);
        if (file.Length > LongestFile)
            throw new ModelException("LATHE5301", $"'{path}' has {file.Length} bytes, and a file of tuning records has at most {LongestFile}", "keep the records of fewer models in it");
        var records = new List<TuningRecord>();
        var bad = new List<string>();
        long number = 0;
        foreach (var (line, ended) in Lines(file))
        {
            number++;
            var text = line.Span.Trim(" \t\r"u8);
            if (text.IsEmpty)
                continue;
            if (records.Count == MostRecords)
                throw new ModelException("LATHE5301", $"'{path}' has more than {MostRecords} records", "keep the records of fewer models in it");
            if (line.Length < LongestLine && TuningRecord.TryParse(text) is { } record)
                records.Add(record);
            else
                bad.Add(ended ? $"line {number} is no tuning record and is left out" : $"the last line, {number}, was broken off and is left out");
        }
        IEnumerable<string> notes = bad.Take(NotesInFull);
        if (bad.Count > NotesInFull)
            notes = notes.Append($"{bad.Count - NotesInFull} more lines are no tuning records and are left out");
        return ((IReadOnlyList<TuningRecord>)records, (IReadOnlyList<string>)[.. notes.Select(n => $"'{path}': {n}")]);
    });

    /// <summary>
    /// Opens a file to append to; makes one where there is none. A last line that was broken off is ended first. Throws a <see cref="ModelException"/> for files
    /// that hold something else, and where nothing can be written.
    /// </summary>
    public static RecordsFile Append(string path)
    {
        if (IsAnother(path))
            throw new ModelException("LATHE8940", $"'{path}' is no file of tuning records, and none are appended to it", "name another file; it is made where there is none");
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            if (file.Length > 0)
            {
                file.Seek(-1, SeekOrigin.End);
                if (file.ReadByte() != '\n')
                    file.WriteByte((byte)'\n');
            }
            return new(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelException("LATHE1402", $"cannot write '{path}': {e.Message}", "name a file in a folder that exists and may be written to", e);
        }
    }

    /// <summary>Writes a line and hands it to the system before returning. Throws a <see cref="ModelException"/> where there is no room.</summary>
    public void Add(TuningRecord record)
    {
        try
        {
            _file.Write(System.Text.Encoding.UTF8.GetBytes(record.ToJson() + "\n"));
            _file.Flush();
        }
        catch (IOException e)
        {
            throw new ModelException("LATHE1402", $"cannot write '{_file.Name}': {e.Message}", inner: e);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Whether a file has contents, and neither a record nor the beginning of one that was broken off.</summary>
    private static bool IsAnother(string path)
    {
        if (!File.Exists(path) || Read(path) is not { Records: [], Notes: not [] })
            return false;
        Span<byte> start = stackalloc byte[RecordStart.Length];
        using var file = InputFile.OpenRead(path);
        return !start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)].SequenceEqual(RecordStart);
    }

    /// <summary>Lines and whether their end was there. Of a line that is too long only a part is kept, as long as the longest.</summary>
    private static IEnumerable<(ReadOnlyMemory<byte> Line, bool Ended)> Lines(Stream file)
    {
        var line = new ArrayBufferWriter<byte>();
        byte[] block = new byte[1 << 16];
        int count;
        while ((count = file.Read(block)) > 0)
        {
            int start = 0;
            while (start < count)
            {
                int end = Array.IndexOf(block, (byte)'\n', start, count - start);
                int length = (end < 0 ? count : end) - start;
                line.Write(block.AsSpan(start, Math.Min(length, LongestLine - line.WrittenCount)));
                if (end < 0)
                    break;
                yield return (line.WrittenMemory, true);
                line.ResetWrittenCount();
                start = end + 1;
            }
        }
        if (line.WrittenCount > 0)
            yield return (line.WrittenMemory, false);
    }
}
