using Xunit.Abstractions;

namespace Lathe.Tests.Formats;

/// <summary>Damage to files that hold whole numbers at aligned places: bits, numbers at the ends of their range, cuts, and stretches in other places.</summary>
internal static class BinaryMutations
{
    private static readonly long[] Extremes = [0, -1, 1, 2, 7, 8, 255, 65536, int.MaxValue, int.MinValue, 1 << 30, 1L << 40, long.MaxValue];

    /// <summary>Damages <paramref name="models"/> in turns, and tells how many were read and how many ended in which error.</summary>
    /// <param name="outcome">Of a damaged model and its name, as <see cref="DamagedModel.Outcome"/> tells it.</param>
    public static void Run(
        ITestOutputHelper output, IReadOnlyList<byte[]> models, int count, int seed, Func<byte[], Random, byte[]> damage, Func<byte[], string, string> outcome)
    {
        var outcomes = new Dictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            string what = outcome(damage(models[i % models.Count], new Random(seed + i)), $"case {i}");
            outcomes[what] = outcomes.GetValueOrDefault(what) + 1;
        }
        output.WriteLine(string.Join(", ", outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Key} {o.Value}")));
        Assert.True(outcomes.GetValueOrDefault("read") > 0);
        Assert.True(outcomes.Count > 3);
    }

    /// <summary>A copy with one to four edits.</summary>
    /// <param name="word">Size of the whole numbers in the file, 4 or 8.</param>
    /// <param name="first">The first byte that is edited.</param>
    /// <param name="other">One more kind of edit, which the format suggests.</param>
    public static byte[] Of(byte[] model, Random random, int word, int first = 0, Action<byte[], Random>? other = null)
    {
        byte[] bytes = [.. model];
        for (int edits = 1 + random.Next(4); edits > 0; edits--)
        {
            int at = first + random.Next(Math.Max(1, bytes.Length - 16 - first));
            switch (random.Next(other is null ? 5 : 6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    BitConverter.GetBytes(Extremes[random.Next(Extremes.Length)]).AsSpan(0, word).CopyTo(bytes.AsSpan(at / word * word));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    int length = Math.Min(bytes.Length - at, 1 + random.Next(64));
                    bytes.AsSpan(at, length).ToArray().CopyTo(bytes, random.Next(bytes.Length - length));
                    break;
                case 4:
                    if (random.Next(4) == 0)
                        return bytes[..at];
                    BitConverter.GetBytes(BitConverter.ToInt32(bytes, at / 4 * 4) + random.Next(-4, 5)).CopyTo(bytes, at / 4 * 4);
                    break;
                default:
                    other!(bytes, random);
                    break;
            }
        }
        return bytes;
    }
}
