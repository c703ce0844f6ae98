using System.IO.Compression;
using Lathe.Formats;
using Lathe.Formats.TFLite;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

public class TFLiteMetadataTests
{
    [Fact]
    public void NormalizationAndLabelsGoByTheTensorsNames()
    {
        var info = Describe(Model(LiteType.Float32).Bytes);

        Assert.Equal(new PixelNormalization([127.5], [128]), info.Normalizations["image"]);
        Assert.Equal(["cat", "dog"], info.ClassNames["scores"]);
        Assert.Contains(("packed file", "labels.txt, 8 bytes"), info.Facts);
        Assert.Contains(("input", "picture; (pixel - 127.5) / 128"), info.Facts);
        Assert.Equal([("RESHAPE", "scores")], info.Operators);
    }

    [Fact]
    public void IntegersTakeTheNormalizedPixelsInTheirScale()
    {
        // real = (pixel - 127.5) / 128, and stored = real / 0.5 + 3.
        var normalization = Describe(Model(LiteType.Int8, scale: 0.5f, zeroPoint: 3).Bytes).Normalizations["image"];

        Assert.Equal(((255 - 127.5) / 128 / 0.5) + 3, (255 - normalization.Mean[0]) / normalization.Std[0], 1e-9);
    }

    [Fact]
    public void DamageLeavesTheModelReadable()
    {
        byte[] model = Model(LiteType.Float32).Bytes;
        int at = model.AsSpan().IndexOf("M001"u8);
        model[at] = (byte)'X';
        Assert.Contains(Describe(model).Facts, f => f.Name == "metadata" && f.Text.StartsWith("not read: ", StringComparison.Ordinal));
        Assert.Empty(Describe(Model(LiteType.Float32).Bytes[..^10]).ClassNames);
    }

    private static ModelFileInfo Describe(byte[] model)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, model);
            return ModelReader.Describe(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A model with what its makers say of it, and a list of classes in an archive behind it.</summary>
    internal static (byte[] Bytes, int ArchiveStart) Model(LiteType type, float scale = 0, long zeroPoint = 0)
    {
        FlatNode normalization = new() { { 0, new[] { 127.5f } }, { 1, new[] { 128f } } };
        FlatNode input = new() { { 0, "picture" }, { 4, new FlatNode[] { new() { { 0, (byte)1 }, { 1, normalization } } } } };
        FlatNode output = new() { { 0, "probability" }, { 6, new FlatNode[] { new() { { 0, "labels.txt" }, { 2, (byte)2 } } } } };
        FlatNode graph = new() { { 2, new[] { input } }, { 3, new[] { output } } };
        FlatNode metadata = new() { { 0, "a classifier" }, { 3, new[] { graph } } };
        byte[] model = new TestModel().Input("image", type, [1, 1, 2, 1], scale, zeroPoint).Ints("shape", 1, 2).Value("scores", type, [1, 2], scale, zeroPoint)
            .Node(RESHAPE, "image shape", "scores").Output("scores").Metadata("TFLITE_METADATA", metadata.ToFile("M001")).Bytes;
        var file = new MemoryStream();
        file.Write(model);
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        using (var labels = new StreamWriter(archive.CreateEntry("labels.txt").Open()))
            labels.Write("cat\ndog\n");
        return (file.ToArray(), model.Length);
    }
}
