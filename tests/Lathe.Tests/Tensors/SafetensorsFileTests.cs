using System.Text;
using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class SafetensorsFileTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(4096)]
    public void RoundTripsEveryType(int alignment)
    {
        using var folder = new TemporaryFolder();
        var tensors = SampleTensors.OneOfEach();
        var metadata = new Dictionary<string, string> { ["format"] = "pt", ["a \"b\""] = "é" };
        SafetensorsFile.Write(folder["all.safetensors"], tensors, metadata, alignment);
        using var file = SafetensorsFile.Open(folder["all.safetensors"]);
        SampleTensors.AssertSame(tensors, file.Tensors);
        foreach (var (key, value) in metadata)
            Assert.Equal(value, file.Metadata[key]);
    }

    [Fact]
    public void WritesTheBytesOfTheFormat()
    {
        string header = """{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""".PadRight(120 - 64);
        Assert.Equal(56, header.Length);
        byte[] expected = [56, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 128, 63, 0, 0, 0, 64];
        Assert.Equal(expected, Bytes(new Dictionary<string, Tensor> { ["w"] = Tensor.Of([1, 2], 1f, 2f) }));
    }

    [Fact]
    public void PadsEveryTensorToTheAlignment()
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["a"] = Tensor.Vector<byte>(1, 2, 3),
            ["b"] = Tensor.Scalar(1.0),
            ["c"] = Tensor.Zeros(DType.Float32, [16]),
            ["d"] = Tensor.Scalar(2f),
        };
        var bytes = Bytes(tensors, alignment: 64);
        var header = SafetensorsHeader.Parse(bytes.AsSpan(8, (int)BitConverter.ToInt64(bytes)), bytes.Length - 8 - BitConverter.ToInt64(bytes), "test");
        Assert.Equal(0, (8 + BitConverter.ToInt64(bytes)) % 64);
        Assert.Equal(["a", "__pad_0", "b", "__pad_1", "c", "d"], header.Entries.Select(e => e.Name));
        Assert.All(header.Entries.Where(e => !e.Name.StartsWith("__pad_")), e => Assert.Equal(0, e.Begin % 64));
        SampleTensors.AssertSame(tensors, SafetensorsFile.Parse(bytes).Tensors);
    }

    [Fact]
    public void AlignsEachTensorToItsElementWithoutPadding()
    {
        var bytes = Bytes(SampleTensors.OneOfEach());
        long length = BitConverter.ToInt64(bytes);
        var header = SafetensorsHeader.Parse(bytes.AsSpan(8, (int)length), bytes.Length - 8 - length, "test");
        foreach (var entry in header.Entries)
            Assert.Equal(0, entry.Begin % SafetensorsFile.Parse(bytes).Tensors[entry.Name].Type.Size);
    }

    [Fact]
    public void ReadsAPartOfAMappedFile()
    {
        using var folder = new TemporaryFolder();
        var tensors = new Dictionary<string, Tensor> { ["w"] = Tensor.Vector(1f, 2f) };
        var part = Bytes(tensors);
        System.IO.File.WriteAllBytes(folder["whole"], [.. new byte[512], .. part, .. new byte[10]]);
        using var mapping = MappedFile.Open(folder["whole"]);
        SampleTensors.AssertSame(tensors, SafetensorsFile.Open(mapping, 512, part.Length, "part").Tensors);
        Assert.Throws<ModelException>(() => SafetensorsFile.Open(mapping, 512, part.Length + 1, "part"));
        Assert.Throws<ModelException>(() => SafetensorsFile.Open(mapping, 512, part.Length + 11, "part"));
    }

    [Fact]
    public void ReadsWithoutCopying()
    {
        var bytes = Bytes(new Dictionary<string, Tensor> { ["w"] = Tensor.Zeros(DType.Float32, [100_000]) });
        using var folder = new TemporaryFolder();
        System.IO.File.WriteAllBytes(folder["w.safetensors"], bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var file = SafetensorsFile.Open(folder["w.safetensors"]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Equal(400_000, file.Tensors["w"].Bytes.Length);
    }

    public static TheoryData<string, int> Malformed => new()
    {
        { "", 0 },
        { "[]", 0 },
        { """ {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} x""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 0 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}""", 1 },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,1]}}""", 1 },
        { """{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1]}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}}""", 1 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2 },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3 },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3 },
        { """{"__metadata__":{"a":1}}""", 0 },
        { """{"__metadata__":[]}""", 0 },
        { """{"a":[[[[[[[[]]]]]]]]}""", 0 },
        { "{\"\\ud800\":{}}", 0 },
        { """{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", 1 },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void RefusesMalformedFiles(string header, int data) => Assert.Throws<ModelException>(() => SafetensorsFile.Parse(File(header, data)));

    [Fact]
    public void ReadsAnEmptyFile() => Assert.Empty(SafetensorsFile.Parse(File("{}   ", 0)).Tensors);

    [Fact]
    public void ListsEveryTypeItDoesNotKnow()
    {
        string header = """{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"C64","shape":[1],"data_offsets":[1,9]}}""";
        var error = Assert.Throws<UnsupportedException>(() => SafetensorsFile.Parse(File(header, 9)));
        Assert.Equal(["a: F8_E4M3", "b: C64"], error.Places);
    }

    [Fact]
    public void RefusesNamesThatTheFormatKeeps()
    {
        Assert.Throws<ModelException>(() => Bytes(new Dictionary<string, Tensor> { ["__metadata__"] = Tensor.Scalar(1) }));
        Assert.Throws<ModelException>(() => Bytes(new Dictionary<string, Tensor> { ["__pad_7"] = Tensor.Scalar(1) }, alignment: 64));
        Assert.Equal(["__pad_7"], SafetensorsFile.Parse(Bytes(new Dictionary<string, Tensor> { ["__pad_7"] = Tensor.Scalar(1) })).Tensors.Keys);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void SurvivesDamage(int alignment)
    {
        var good = Bytes(SampleTensors.OneOfEach(), alignment);
        DamagedBytes.RefusesEveryTruncation(good, bad => SafetensorsFile.Parse(bad));
        DamagedBytes.SurvivesBitFlips(good, bad => SafetensorsFile.Parse(bad));
    }

    private static byte[] Bytes(IEnumerable<KeyValuePair<string, Tensor>> tensors, int alignment = 1)
    {
        var stream = new MemoryStream();
        SafetensorsFile.Write(stream, tensors, alignment: alignment);
        return stream.ToArray();
    }

    private static byte[] File(string header, int data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. Enumerable.Repeat((byte)2, data)];
    }
}
