namespace Lathe.Tests.Tensors;

/// <summary>Feeds a reader truncated and bit-flipped copies of a good file: it may succeed or report, and must stay small.</summary>
internal static class DamagedBytes
{
    /// <summary>Every proper prefix must be refused.</summary>
    public static void RefusesEveryTruncation(byte[] good, Action<byte[]> read)
    {
        for (int length = 0; length < good.Length; length++)
        {
            var error = Record.Exception(() => read(good[..length]));
            Assert.True(error is ModelException or UnsupportedException, $"cut at {length}: {error}");
        }
    }

    /// <summary>One to four flipped bits a time: success or a report, and never more than <paramref name="maxBytes"/> allocated.</summary>
    public static void SurvivesBitFlips(byte[] good, Action<byte[]> read, long maxBytes = 4 << 20, int times = 500, int seed = 1)
    {
        var random = new Random(seed);
        for (int i = 0; i < times; i++)
        {
            var bad = (byte[])good.Clone();
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            long before = GC.GetAllocatedBytesForCurrentThread();
            var error = Record.Exception(() => read(bad));
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(error is null or ModelException or UnsupportedException, $"flip {i}: {error}");
            Assert.True(taken < maxBytes, $"flip {i}: {taken} bytes allocated");
        }
    }
}
