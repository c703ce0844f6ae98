using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>The extents of an attribute or dataset.</summary>
internal static class Dataspace
{
    private const int MaxRank = 32;

    public static Shape Read(Hdf5Format format, Cursor cursor)
    {
        byte version = cursor.Byte();
        int rank = cursor.Byte();
        if (rank > MaxRank)
            throw format.Bytes.Damaged($"has an array of {rank} axes");
        cursor.Skip(1);
        switch (version)
        {
            case 1:
                cursor.Skip(5);
                break;
            case 2:
                if (cursor.Byte() == 2)
                    return [0];
                break;
            default:
                throw format.Bytes.Unsupported($"version {version} of dataspaces");
        }
        var extents = new long[rank];
        long count = 1;
        for (int i = 0; i < rank; i++)
        {
            extents[i] = cursor.Length();
            var product = (Int128)count * extents[i];
            count = product <= int.MaxValue ? (long)product : throw format.Bytes.Damaged($"has an array of {product} elements");
        }
        return Shape.Of(extents);
    }
}
