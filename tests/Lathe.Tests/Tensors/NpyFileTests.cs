using System.Text;
using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class NpyFileTests
{
    public static TheoryData<DType> AllTypes => [.. DTypes.All];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void RoundTripsEveryType(DType type)
    {
        foreach (var shape in new Shape[] { [], [5], [2, 3], [2, 0], [1, 2, 3, 4] })
        {
            var tensor = SampleTensors.Random(type, shape, 7);
            Assert.True(tensor.ContentEquals(NpyFile.Parse(Bytes(tensor))), $"{tensor}");
        }
    }

    [Fact]
    public void WritesTheBytesThatNumPyWrites()
    {
        string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header), .. new byte[24]];
        Assert.Equal(expected, Bytes(Tensor.Zeros(DType.Float32, [2, 3])));
        Assert.Equal(128 + 24, expected.Length);
    }

    [Theory]
    [InlineData(DType.Bool, "|b1")]
    [InlineData(DType.Int8, "|i1")]
    [InlineData(DType.UInt16, "<u2")]
    [InlineData(DType.Int64, "<i8")]
    [InlineData(DType.Float16, "<f2")]
    [InlineData(DType.BFloat16, "<V2")]
    [InlineData(DType.Float64, "<f8")]
    public void NamesTypesAsNumPyDoes(DType type, string descr) =>
        Assert.Contains($"'descr': '{descr}', 'fortran_order': False, 'shape': (1,), }}", Encoding.ASCII.GetString(Bytes(Tensor.Zeros(type, [1]))));

    [Fact]
    public void ReadsFortranOrder()
    {
        // The matrix [[1,2,3],[4,5,6]], column after column.
        var tensor = NpyFile.Parse(Npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", [1, 4, 2, 5, 3, 6]));
        Assert.Equal([1, 2, 3, 4, 5, 6], tensor.Span<byte>().ToArray());
        Assert.Equal(Shape.Of(2, 3), tensor.Shape);

        // Element [i,j,k] = 100i + 10j + k of shape [2,2,2].
        var cube = NpyFile.Parse(Npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 2, 2), }",
            [0, 0, 100, 0, 10, 0, 110, 0, 1, 0, 101, 0, 11, 0, 111, 0]));
        Assert.Equal([0, 1, 10, 11, 100, 101, 110, 111], cube.ToInt64Array());
    }

    [Fact]
    public void ReadsBigEndian()
    {
        Assert.Equal([1, -2], NpyFile.Parse(Npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", [0, 1, 0xFF, 0xFE])).ToInt64Array());
        Assert.Equal([1.5], NpyFile.Parse(Npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", [0x3F, 0xC0, 0, 0])).ToDoubleArray());
        Assert.Equal([-2.0], NpyFile.Parse(Npy("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", [0xC0, 0, 0, 0, 0, 0, 0, 0])).ToDoubleArray());
        var both = NpyFile.Parse(Npy("{'descr': '>u4', 'fortran_order': True, 'shape': (2, 2), }",
            [0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4]));
        Assert.Equal([1, 2, 3, 4], both.ToInt64Array());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReadsEveryVersionAndKeyOrder(int version)
    {
        var tensor = NpyFile.Parse(Npy("{\"shape\" : ( 1L, 2 ,), 'fortran_order':False,'descr': '|V2'}   \n", [0x80, 0x3F, 0, 0], version));
        Assert.Equal(DType.BFloat16, tensor.Type);
        Assert.Equal([1, 0], tensor.ToDoubleArray());
    }

    [Fact]
    public void ReadsAnyByteAsABoolean() =>
        Assert.Equal([0, 1, 1], NpyFile.Parse(Npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", [0, 2, 255])).Bytes.ToArray());

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (100000000,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}")]
    [InlineData("{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}")]
    public void RefusesMalformedHeaders(string header)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ModelException>(() => NpyFile.Parse(Npy(header, [0, 0, 0, 0])));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Theory]
    [InlineData("'<c8'")]
    [InlineData("'|O'")]
    [InlineData("'<U3'")]
    [InlineData("'|V1'")]
    [InlineData("[('a', '<i4')]")]
    public void SaysWhichTypesItCannotHold(string descr)
    {
        string header = $"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}";
        Assert.Throws<UnsupportedException>(() => NpyFile.Parse(Npy(header, [0])));
    }

    [Fact]
    public void ReadsOneArrayAfterAnotherFromAStream()
    {
        var stream = new MemoryStream();
        NpyFile.Write(stream, Tensor.Vector(1, 2));
        NpyFile.Write(stream, Tensor.Scalar(0.5));
        stream.Position = 0;
        Assert.Equal([1, 2], NpyFile.Read(stream, "first").ToInt64Array());
        Assert.Equal([0.5], NpyFile.Read(stream, "second").ToDoubleArray());
        Assert.Equal(stream.Length, stream.Position);
    }

    [Fact]
    public void ReportsMissingFilesAndFolders()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such file", Assert.Throws<ModelException>(() => NpyFile.Read(folder["none.npy"])).Message);
        Assert.Throws<ModelException>(() => NpyFile.Read(folder.Path));
        Assert.Throws<ModelException>(() => NpyFile.Write(folder["no/such/folder.npy"], Tensor.Scalar(1)));
    }

    [Fact]
    public void SurvivesDamage()
    {
        var good = Bytes(SampleTensors.Random(DType.Float32, [2, 3], 3));
        DamagedBytes.RefusesEveryTruncation(good, bad => NpyFile.Parse(bad));
        DamagedBytes.SurvivesBitFlips(good, bad => NpyFile.Parse(bad));
    }

    private static byte[] Bytes(Tensor tensor)
    {
        var stream = new MemoryStream();
        NpyFile.Write(stream, tensor);
        return stream.ToArray();
    }

    private static byte[] Npy(string header, byte[] data, int version = 1)
    {
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)header.Length) : BitConverter.GetBytes(header.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. Encoding.ASCII.GetBytes(header), .. data];
    }
}
