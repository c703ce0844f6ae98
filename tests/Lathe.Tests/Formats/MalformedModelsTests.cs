using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Tests.Formats.TFLite;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats;

/// <summary>Models that others broke on purpose, of all formats: each is refused with an error about the model, or read into a graph that is whole.</summary>
public class MalformedModelsTests(ITestOutputHelper output)
{
    [Fact]
    public void AreRefusedOrRead()
    {
        if (RealModels.Folder is null || !Directory.Exists(Path.Combine(RealModels.Folder, "malformed")))
        {
            output.WriteLine("skipped: no models were found; unpack some into .cache/models, or set LATHE_MODELS to a folder of them");
            return;
        }
        var wrong = new List<string>();
        int refused = 0;
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(RealModels.Folder, "malformed"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        foreach (string file in files)
        {
            try
            {
                ModelReader.Describe(file);
                GraphVerifier.Verify(ModelReader.Import(file));
                output.WriteLine($"{file}: read");
            }
            catch (Exception e) when (e is ModelException or UnsupportedException)
            {
                refused++;
            }
            catch (Exception e)
            {
                wrong.Add($"{file}: {e.GetType().Name}: {e.Message}");
            }
        }
        output.WriteLine($"{refused} of {files.Length} are refused");
        Assert.Empty(wrong);
        Assert.True(refused > files.Length / 2);
    }
}
