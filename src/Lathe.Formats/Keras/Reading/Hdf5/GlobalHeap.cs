using System.Text;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>Collections of texts of any length that elements elsewhere refer to.</summary>
internal static class GlobalHeap
{
    /// <summary>The text that a reference stands for: its length, the collection's address, and its number there.</summary>
    public static string Text(Hdf5Format format, Cursor reference)
    {
        long length = reference.UInt32();
        if (reference.Address() is not { } address || length == 0)
            return "";
        uint index = reference.UInt32();
        var collection = format.At(address, 16 + format.LengthSize);
        collection.Expect("GCOL"u8);
        collection.Version(1, "global heaps");
        collection.Skip(3);
        long size = collection.Length();
        var objects = format.Over(format.Bytes.Slice(address, size));
        objects.Skip(collection.At);
        while (objects.Remaining >= 8 + format.LengthSize)
        {
            int number = objects.UInt16();
            objects.Skip(6);
            long bytes = objects.Length();
            if (number == 0)
                break;
            if (number == index)
                return Encoding.UTF8.GetString(objects.Take(bytes)[..(int)Math.Min(length, bytes)].Span).TrimEnd('\0');
            objects.Skip(Math.Min(objects.Remaining, (bytes + 7) & ~7L));
        }
        throw format.Bytes.Damaged($"lacks the text {index} of the heap at {address}");
    }
}
