namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>The steps that chunks went through when they were written.</summary>
internal static class Filters
{
    private const int MaxFilters = 32;

    public static Filter[] Read(Hdf5Format format, Cursor cursor)
    {
        byte version = cursor.Byte();
        int count = cursor.Byte();
        if (version is not (1 or 2) || count > MaxFilters)
            throw format.Bytes.Unsupported($"{count} filters, described in version {version}");
        cursor.Skip(version == 1 ? 6 : 0);
        var filters = new Filter[count];
        for (int i = 0; i < count; i++)
        {
            int id = cursor.UInt16();
            int nameLength = version == 1 || id >= 256 ? cursor.UInt16() : 0;
            cursor.Skip(2);
            int values = cursor.UInt16();
            cursor.Skip(version == 1 ? (nameLength + 7) & ~7 : nameLength);
            uint first = values > 0 ? cursor.UInt32() : 0;
            cursor.Skip((4 * Math.Max(0, values - 1)) + (version == 1 && values % 2 == 1 ? 4 : 0));
            filters[i] = id switch
            {
                1 => new DeflateFilter(),
                2 => new ShuffleFilter((int)Math.Min(first, int.MaxValue)),
                3 => new ChecksumFilter(),
                _ => throw format.Bytes.Unsupported($"chunks of the filter {id}"),
            };
        }
        return filters;
    }
}
