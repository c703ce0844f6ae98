using Lathe.Formats;
using Lathe.Graphs;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats;

/// <summary>
/// Models that others broke on purpose, of all formats: each is refused with an error about the model, or read into a graph that is whole and listed in
/// files/malformed-read.txt with the reason. LATHE_BLESS=1 rewrites that list.
/// </summary>
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
        var (wrong, read) = (new List<string>(), new List<string>());
        int refused = 0;
        string folder = Path.Combine(RealModels.Folder, "malformed");
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        foreach (string file in files)
        {
            try
            {
                ModelReader.Describe(file);
                GraphVerifier.Verify(ModelReader.Import(file));
                read.Add(Path.GetRelativePath(folder, file));
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
        ReasonedList.AssertIs("malformed-read.txt", read.Select(name => (name, (string?)null)), _ => true);
    }
}
