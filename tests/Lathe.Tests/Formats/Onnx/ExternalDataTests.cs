using Lathe.Formats.Onnx;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;

namespace Lathe.Tests.Formats.Onnx;

public sealed class ExternalDataTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lathe-external-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void ReadsTensorsBesideTheModel()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "model/weights"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model/weights/w.bin"), [9, 9, 9, 9, 0, 0, 128, 63, 0, 0, 0, 64]);

        var graph = Import("weights/w.bin", ("offset", "4"), ("length", "8"));

        Assert.Contains("f32[2]{1, 2}", GraphText.Print(graph));
    }

    [Theory]
    [InlineData("../outside.bin")]
    [InlineData("a/../../outside.bin")]
    [InlineData("..\\outside.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\data.bin")]
    [InlineData("")]
    [InlineData("link.bin")]
    [InlineData("linked/outside.bin")]
    public void RefusesFilesOutsideOfTheModelsFolder(string location)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "model"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "outside.bin"), new byte[8]);
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "model/link.bin"), "../outside.bin");
        Directory.CreateSymbolicLink(Path.Combine(_folder.FullName, "model/linked"), "..");

        Assert.Equal("LATHE3020", Assert.Throws<ModelException>(() => Import(location)).Code);
    }

    [Theory]
    [InlineData("missing.bin", "LATHE3021")]
    [InlineData("short.bin", "LATHE3023")]
    [InlineData("long.bin", "LATHE3023")]
    [InlineData("long.bin", "LATHE3023", "offset", "99999999999999")]
    [InlineData("long.bin", "LATHE3023", "offset", "-8")]
    [InlineData("long.bin", "LATHE3023", "length", "9223372036854775807")]
    [InlineData("long.bin", "LATHE3023", "length", "many")]
    public void RefusesFilesThatDoNotHoldTheTensor(string location, string code, string key = "checksum", string value = "")
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "model"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model/short.bin"), new byte[7]);
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model/long.bin"), new byte[9]);

        Assert.Equal(code, Assert.Throws<ModelException>(() => Import(location, (key, value))).Code);
    }

    private Graph Import(string location, params (string Key, string Value)[] entries)
    {
        var tensor = new TensorProto { Name = "w", DataType = 1, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.Add(2);
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(entries.Select(e => new StringStringEntryProto { Key = e.Key, Value = e.Value }));
        var model = new TestModel().Input("x", 2).Initializer(tensor).Node("Add", "x w", "y").Output("y");
        string path = Path.Combine(_folder.FullName, "model/model.onnx");
        File.WriteAllBytes(path, model.Bytes);
        return OnnxImporter.Import(path);
    }
}
