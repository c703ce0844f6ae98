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

    /// <summary>What the systems say of a file that another process has locked: EWOULDBLOCK, and ERROR_SHARING_VIOLATION.</summary>
    private const int LockedOnLinux = 11, LockedOnMac = 35, LockedOnWindows = unchecked((int)0x80070020);

    private static ReadOnlySpan<byte> RecordStart => "{\"hash\":"u8;

    /// <summary>Beside a file that a run appends to, and gone when that ends.</summary>
    private const string LockExtension = ".lock";

    private readonly FileStream _file;
    private readonly FileStream _lock;
    private readonly bool _isNew;

    private RecordsFile(FileStream file, FileStream held, bool isNew) => (_file, _lock, _isNew) = (file, held, isNew);

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
    /// that hold something else or that another run appends to, and where nothing can be written.
    /// </summary>
    public static RecordsFile Append(string path)
    {
        if (IsAnother(path))
            throw new ModelException("LATHE8940", $"'{path}' is no file of tuning records, and none are appended to it", "name another file; it is made where there is none");
        var held = Writing(path, () => Lock(path));
        try
        {
            bool isNew = !File.Exists(path);
            return new(Writing(path, () => OpenEnded(path)), held, isNew);
        }
        catch
        {
            held.Dispose();
            throw;
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
            throw new ModelException("LATHE1402", $"cannot write '{_file.Name}': {e.Message}", "make room; the same command goes on from the records that are whole", e);
        }
    }

    /// <summary>A file that was made for records and got none does not stay.</summary>
    public void Dispose()
    {
        try
        {
            bool isOfNoUse = _isNew && _file.Length == 0;
            _file.Dispose();
            if (isOfNoUse)
                File.Delete(_file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What could not be written was told when it was added, and an empty file does no harm.
        }
        _lock.Dispose();
    }

    /// <summary>
    /// The system ends the lock with the process, however that ends. The records themselves are not locked, so that compilations read them while they are
    /// written.
    /// </summary>
    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path + LockExtension, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (e.HResult is LockedOnLinux or LockedOnMac or LockedOnWindows)
        {
            throw new ModelException(
                "LATHE8950", $"another run appends to '{path}'", "let that end first, as two at once would slow each other down, or name another file; files may be joined", e);
        }
    }

    private static FileStream OpenEnded(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
                file.WriteByte((byte)'\n');
        }
        return file;
    }

    private static T Writing<T>(string path, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelException("LATHE1402", $"cannot write '{path}': {e.Message}", "name a file in a folder that exists and may be written to", e);
        }
    }

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
