using System.Diagnostics.CodeAnalysis;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>A group: its links by name, and its attributes.</summary>
internal sealed class Hdf5Group
{
    private readonly Hdf5Format _format;
    private readonly ObjectHeader _header;
    private readonly Lazy<Dictionary<string, long>> _links;
    private readonly Lazy<Hdf5Attributes> _attributes;

    public Hdf5Group(Hdf5Format format, long address, string path) : this(format, new ObjectHeader(format, address), path)
    {
    }

    private Hdf5Group(Hdf5Format format, ObjectHeader header, string path)
    {
        (_format, _header, Path) = (format, header, path);
        _links = new(() => GroupLinks.Read(_format, _header));
        _attributes = new(() => new(_format, _header));
    }

    /// <summary>The names on the way from the root, with slashes between; the root's is empty.</summary>
    public string Path { get; }

    public IReadOnlyCollection<string> Names => _links.Value.Keys;

    public Hdf5Attributes Attributes => _attributes.Value;

    public FileBytes File => _format.Bytes;

    /// <summary>The group at a path from here, whose parts slashes divide.</summary>
    public bool TryGroup(string path, [NotNullWhen(true)] out Hdf5Group? group)
    {
        group = TryFind(path, out var header, out string full) && !IsDataset(header) ? new(_format, header, full) : null;
        return group is not null;
    }

    public bool TryDataset(string path, [NotNullWhen(true)] out Hdf5Dataset? dataset)
    {
        dataset = TryFind(path, out var header, out string full) && IsDataset(header) ? new(_format, header, full) : null;
        return dataset is not null;
    }

    private static bool IsDataset(ObjectHeader header) => header.Find(MessageKind.Layout) is not null;

    private bool TryFind(string path, [NotNullWhen(true)] out ObjectHeader? header, out string full)
    {
        (header, full) = (_header, Path);
        var links = _links.Value;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            links ??= GroupLinks.Read(_format, header!);
            if (!links.TryGetValue(name, out long address))
            {
                header = null;
                return false;
            }
            (header, links) = (new(_format, address), null);
            full = full.Length == 0 ? name : $"{full}/{name}";
        }
        return true;
    }
}
