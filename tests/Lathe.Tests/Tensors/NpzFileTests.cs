using System.Buffers.Binary;
using System.IO.Compression;
using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class NpzFileTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RoundTripsEveryType(bool compress)
    {
        using var folder = new TemporaryFolder();
        var tensors = SampleTensors.OneOfEach();
        NpzFile.Write(folder["all.npz"], tensors, compress);
        SampleTensors.AssertSame(tensors, NpzFile.Read(folder["all.npz"]));
        Assert.Equal([folder["all.npz"]], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void StoresUnlessAskedToCompress()
    {
        var zeros = new Dictionary<string, Tensor> { ["zeros"] = Tensor.Zeros(DType.Float32, [100_000]) };
        Assert.InRange(Bytes(zeros).Length, 400_000, 401_000);
        Assert.InRange(Bytes(zeros, compress: true).Length, 1, 4_000);
        SampleTensors.AssertSame(zeros, Parse(Bytes(zeros, compress: true)));
    }

    [Fact]
    public void GivesTheSameBytesEachTime() => Assert.Equal(Bytes(SampleTensors.OneOfEach()), Bytes(SampleTensors.OneOfEach()));

    [Fact]
    public void ReadsNamesWithAndWithoutSuffix()
    {
        var read = Parse(Zip(("b.npy", Npy()), ("folder/", []), ("a", Npy()), ("x.npy.npy", Npy())));
        Assert.Equal(["b", "a", "x.npy"], read.Keys);
    }

    [Fact]
    public void ReadsZip64()
    {
        // One stored entry whose 32-bit sizes say "see the zip64 extra field", as NumPy writes them.
        var npy = Npy();
        uint crc = Crc32.Of(npy);
        byte[] name = [.. "a.npy"u8];
        byte[] sizes = [1, 0, 16, 0, .. Int64(npy.Length), .. Int64(npy.Length)];
        byte[] common = [45, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, .. Int32((int)crc), 255, 255, 255, 255, 255, 255, 255, 255, 5, 0, 20, 0];
        byte[] local = [.. "PK\x03\x04"u8, .. common, .. name, .. sizes, .. npy];
        byte[] central = [.. "PK\x01\x02"u8, 45, 0, .. common, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. name, .. sizes];
        byte[] end64 = [.. "PK\x06\x06"u8, .. Int64(44), 45, 0, 45, 0, .. Int32(0), .. Int32(0), .. Int64(1), .. Int64(1), .. Int64(central.Length), .. Int64(local.Length)];
        byte[] locator = [.. "PK\x06\x07"u8, .. Int32(0), .. Int64(local.Length + central.Length), .. Int32(1)];
        byte[] end = [.. "PK\x05\x06"u8, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0];
        var read = Parse([.. local, .. central, .. end64, .. locator, .. end]);
        Assert.Equal([1, 2, 3], read["a"].ToInt64Array());
    }

    [Fact]
    public void RefusesDuplicateNames()
    {
        Assert.Throws<ModelException>(() => Parse(Zip(("a.npy", Npy()), ("a", Npy()))));
        var twice = new[] { KeyValuePair.Create("a", Tensor.Scalar(1)), KeyValuePair.Create("a", Tensor.Scalar(2)) };
        Assert.Throws<ModelException>(() => NpzFile.Write(new MemoryStream(), twice));
    }

    [Fact]
    public void RefusesEncryptedEntries()
    {
        var zip = Zip(("a.npy", Npy()));
        zip[6] |= 1;
        zip[Find(zip, "PK\x01\x02"u8) + 8] |= 1;
        Assert.Contains("encrypted", Assert.Throws<ModelException>(() => Parse(zip)).Message);
    }

    [Fact]
    public void RefusesAWrongChecksum()
    {
        var zip = Zip(("a.npy", Npy()));
        zip[Find(zip, "NUMPY"u8) - 1 + 128] ^= 1;
        Assert.Contains("checksum", Assert.Throws<ModelException>(() => Parse(zip)).Message);
    }

    [Theory]
    [InlineData(1_000_000_000)]
    [InlineData(0x7FFF_FFFF)]
    [InlineData(100)]
    public void RefusesDeclaredSizesThatCannotBe(int size)
    {
        var bomb = Bytes(new Dictionary<string, Tensor> { ["a"] = Tensor.Zeros(DType.UInt8, [50_000]) }, compress: true);
        int central = Find(bomb, "PK\x01\x02"u8);
        BinaryPrimitives.WriteInt32LittleEndian(bomb.AsSpan(central + 24), size);
        BinaryPrimitives.WriteInt32LittleEndian(bomb.AsSpan(22), size);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ModelException>(() => Parse(bomb));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void RefusesMoreDataThanAsked()
    {
        var bytes = Bytes(new Dictionary<string, Tensor> { ["a"] = Tensor.Zeros(DType.UInt8, [50_000]) }, compress: true);
        Assert.Throws<ModelException>(() => NpzFile.Read(new MemoryStream(bytes), "bomb", maxBytes: 40_000));
        Assert.Single(NpzFile.Read(new MemoryStream(bytes), "bomb", maxBytes: 60_000));
    }

    [Fact]
    public void RefusesAHeaderThatDisagreesWithTheEntry()
    {
        var npy = Npy();
        Assert.Throws<ModelException>(() => Parse(Zip(("a.npy", npy[..^1]))));
        Assert.Throws<ModelException>(() => Parse(Zip(("a.npy", [.. npy, 0]))));
        Assert.Throws<ModelException>(() => Parse(Zip(("readme.txt", [.. "hello, world"u8]))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SurvivesDamage(bool compress)
    {
        var good = Bytes(new Dictionary<string, Tensor> { ["a"] = Tensor.Vector(1f, 2f, 3f), ["b"] = Tensor.Zeros(DType.Int64, [50]) }, compress);
        DamagedBytes.RefusesEveryTruncation(good, bad => Parse(bad));
        DamagedBytes.SurvivesBitFlips(good, bad => Parse(bad));
    }

    [Fact]
    public void AFailedWriteKeepsTheOldFile()
    {
        using var folder = new TemporaryFolder();
        NpzFile.Write(folder["a.npz"], new Dictionary<string, Tensor> { ["old"] = Tensor.Scalar(1) });
        var bad = new[] { KeyValuePair.Create("new", Tensor.Scalar(2)), KeyValuePair.Create("", Tensor.Scalar(3)) };
        Assert.Throws<ModelException>(() => NpzFile.Write(folder["a.npz"], bad));
        Assert.Equal(["old"], NpzFile.Read(folder["a.npz"]).Keys);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    private static OrderedDictionary<string, Tensor> Parse(byte[] bytes) => NpzFile.Read(new MemoryStream(bytes), "test.npz");

    private static byte[] Bytes(IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compress = false)
    {
        var stream = new MemoryStream();
        NpzFile.Write(stream, tensors, compress);
        return stream.ToArray();
    }

    private static byte[] Npy()
    {
        var stream = new MemoryStream();
        NpyFile.Write(stream, Tensor.Vector(1, 2, 3));
        return stream.ToArray();
    }

    private static byte[] Zip(params ReadOnlySpan<(string Name, byte[] Data)> entries)
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, data) in entries)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(data);
            }
        }
        return stream.ToArray();
    }

    private static byte[] Int32(int value) => BitConverter.GetBytes(value);

    private static byte[] Int64(long value) => BitConverter.GetBytes(value);

    private static int Find(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> what) => bytes.IndexOf(what);
}
