using System.Formats.Tar;
using System.Text;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Runtime;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Compilation.Bundles;

public sealed class BundleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LlvmFact]
    public void RunsWhatWasWritten()
    {
        string path = _folder["sample.tar"];
        var lowered = SampleModel.WriteBundle(path);
        Assert.True(Bundle.IsBundle(path));
        using var model = Model.Load(path);
        Assert.Equal("sample", model.Info.Name);
        Assert.Equal("0123", model.Info.SourceHash);
        Assert.Equal(["x: f32[64,33]", "shift: f32[64,1]"], model.Info.Inputs.Select(s => s.ToString()));
        Assert.Equal(lowered.Program.Steps.Select(s => new StepInfo(s.Name, s.Work.Flops, s.Work.DoneFlops, s.Work.Bytes, s.Work.WeightBytes)), model.Info.Steps);
        foreach (int threads in new[] { 1, 2 })
        {
            using var session = new Session(model, threads);
            for (int seed = 1; seed < 4; seed++)
                SampleModel.AssertExpected(session.Run(SampleModel.Inputs(seed)), SampleModel.Inputs(seed));
        }
    }

    [LlvmFact]
    public void WritesEqualBytesForEqualPrograms()
    {
        SampleModel.WriteBundle(_folder["a.tar"]);
        SampleModel.WriteBundle(_folder["b.tar"]);
        Assert.True(File.ReadAllBytes(_folder["a.tar"]).AsSpan().SequenceEqual(File.ReadAllBytes(_folder["b.tar"])));
    }

    [LlvmFact]
    public void KeepsWeightsWhereTheProgramWantsThem()
    {
        var lowered = SampleModel.WriteBundle(_folder["sample.tar"]);
        Extract();
        byte[] file = File.ReadAllBytes(_folder["mod.params"]);
        int start = 8 + (int)BitConverter.ToInt64(file);
        Assert.Equal(0, start % 64);
        Assert.Equal(lowered.Program.ParameterBytes, file.Length - start);
        Assert.All(lowered.Parameters, p => Assert.True(file.AsSpan(start + (int)p.Offset, p.Tensor.Bytes.Length).SequenceEqual(p.Tensor.Bytes.Span)));
    }

    [LlvmFact]
    public void ReadsTarsOfOtherTools()
    {
        SampleModel.WriteBundle(_folder["sample.tar"]);
        Extract();
        foreach (var format in new[] { TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Gnu, TarEntryFormat.Pax })
        {
            Repack(_folder["again.tar"], format, "mod.params", "mod.so", "mod.json");
            if (format is TarEntryFormat.Ustar or TarEntryFormat.Gnu)
                AssertRuns(_folder["again.tar"]);
            else
                Assert.Throws<ModelException>(() => Bundle.Open(_folder["again.tar"]));
        }
    }

    [LlvmFact]
    public void RefusesEveryTruncation()
    {
        SampleModel.WriteBundle(_folder["sample.tar"]);
        byte[] good = File.ReadAllBytes(_folder["sample.tar"]);
        // The end mark is two empty blocks, of which one is enough, and some padding.
        int end = Array.FindLastIndex(good, b => b != 0) / 512 * 512;
        for (int length = 0; length < end; length += length < 2048 ? 1 : 251)
            Assert.IsType<ModelException>(Record.Exception(() => OpenAndRun(good[..length])));
    }

    [LlvmFact]
    public void SurvivesBitFlips()
    {
        SampleModel.WriteBundle(_folder["sample.tar"]);
        DamagedBytes.SurvivesBitFlips(File.ReadAllBytes(_folder["sample.tar"]), OpenAndRun);
    }

    [LlvmFact]
    public void SurvivesFlipsInHeadersAndManifest()
    {
        SampleModel.WriteBundle(_folder["sample.tar"]);
        byte[] good = File.ReadAllBytes(_folder["sample.tar"]);
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(4096)] ^= (byte)(1 << random.Next(8));
            var error = Record.Exception(() => OpenAndRun(bad));
            Assert.True(error is null or ModelException, $"{i}: {error}");
        }
    }

    [LlvmFact]
    public void RefusesOddMembers()
    {
        SampleModel.WriteBundle(_folder["sample.tar"]);
        Extract();
        Refuses("no mod.so", tar => Add(tar, "mod.json", "mod.params"));
        Refuses("'mod.json' twice", tar => Add(tar, "mod.json", "mod.so", "mod.params", "mod.json"));
        Refuses("'../evil'", tar =>
        {
            Add(tar, "mod.json", "mod.so", "mod.params");
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "../evil") { DataStream = new MemoryStream([1]) });
        });
        Refuses("'mod.so'", tar =>
        {
            Add(tar, "mod.json", "mod.params");
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "mod.so") { LinkName = "/bin/sh" });
        });

        void Refuses(string part, Action<TarWriter> write)
        {
            using (var tar = new TarWriter(File.Create(_folder["odd.tar"]), TarEntryFormat.Ustar))
                write(tar);
            var error = Assert.Throws<ModelException>(() => Bundle.Open(_folder["odd.tar"]));
            Assert.Equal("LATHE6010", error.Code);
            Assert.Contains(part, error.Message);
        }
    }

    [LlvmFact]
    public void RefusesOtherVersionsAndChangedManifests()
    {
        SampleModel.WriteBundle(_folder["sample.tar"]);
        Extract();
        byte[] good = File.ReadAllBytes(_folder["mod.json"]);
        Assert.Equal("LATHE6011", Changed("\"format\": 1", "\"format\": 2"));
        Assert.Equal("LATHE6012", Changed("\"arenaBytes\": ", "\"arenaBytes\": 1"));
        Assert.Equal("LATHE6013", Changed("\"steps\"", "\"stops\""));
        Assert.Equal("LATHE6013", Changed("{", "["));
        Assert.Equal("LATHE6012", Rewritten(m => m, corruptCode: true));
        Assert.Equal("LATHE6014", Rewritten(m => m with { ArenaBytes = m.ArenaBytes + 64 }));
        Assert.Equal("LATHE6010", Rewritten(m => m with { ParameterBytes = m.ParameterBytes + 64 }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { ArenaBytes = -1 }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { Inputs = [null!, m.Inputs[1]] }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { Steps = [null!] }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { Threads = 0 }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { Inputs = [m.Inputs[0], m.Inputs[0]] }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { Inputs = [m.Inputs[0] with { Type = "f33" }, m.Inputs[1]] }));
        Assert.Equal("LATHE6013", Rewritten(m => m with { Inputs = [m.Inputs[0] with { Shape = [-1] }, m.Inputs[1]] }));
        Assert.Equal("LATHE6011", Rewritten(m => m with { Abi = 2 }));
        Assert.Equal("LATHE6016", Rewritten(m => m with { Target = "llvm -mtriple=aarch64-unknown-linux-gnu -mcpu=generic" }));
        Assert.Equal("LATHE6016", Rewritten(m => m with { Target = "" }));

        string Changed(string from, string to)
        {
            string text = Encoding.UTF8.GetString(good);
            int at = text.IndexOf(from, StringComparison.Ordinal);
            File.WriteAllText(_folder["mod.json"], text[..at] + to + text[(at + from.Length)..]);
            return Refused();
        }

        string Rewritten(Func<BundleManifest, BundleManifest> change, bool corruptCode = false)
        {
            File.WriteAllBytes(_folder["mod.json"], change(BundleManifest.Parse(good, "good")).ToUtf8());
            byte[] code = File.ReadAllBytes(_folder["mod.so"]);
            if (corruptCode)
                File.WriteAllBytes(_folder["mod.so"], [.. code[..^1], 0xFF]);
            string refused = Refused();
            File.WriteAllBytes(_folder["mod.so"], code);
            return refused;
        }

        string Refused()
        {
            Repack(_folder["changed.tar"], TarEntryFormat.Ustar, "mod.json", "mod.so", "mod.params");
            return Assert.ThrowsAny<LatheException>(() => AssertRuns(_folder["changed.tar"])).Code;
        }
    }

    [LlvmFact]
    public void RefusesCodeForAnotherMachine()
    {
        string other = Lathe.Targets.Llvm.LlvmTarget.Host.Architecture == "aarch64" ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
        SampleModel.WriteBundle(_folder["other.tar"], $"llvm -mtriple={other}");
        using var bundle = Bundle.Open(_folder["other.tar"]);
        Assert.Equal(2, bundle.Info.Outputs.Count);
        Assert.Equal("LATHE6016", Assert.Throws<UnsupportedException>(bundle.Load).Code);
    }

    [Fact]
    public void RefusesWhatIsNoBundle()
    {
        File.WriteAllText(_folder["text"], "no bundle");
        Assert.False(Bundle.IsBundle(_folder["text"]));
        Assert.False(Bundle.IsBundle(_folder["missing"]));
        Assert.Throws<ModelException>(() => Model.Load(_folder["text"]));
        Assert.Throws<ModelException>(() => Model.Load(_folder["missing"]));
        File.WriteAllBytes(_folder["zeros"], new byte[1024]);
        Assert.Equal("LATHE6010", Assert.Throws<ModelException>(() => Model.Load(_folder["zeros"])).Code);
    }

    private void OpenAndRun(byte[] bytes)
    {
        File.WriteAllBytes(_folder["damaged.tar"], bytes);
        AssertRuns(_folder["damaged.tar"]);
    }

    private static void AssertRuns(string path)
    {
        using var model = Model.Load(path);
        using var session = new Session(model, 1);
        SampleModel.AssertExpected(session.Run(SampleModel.Inputs()), SampleModel.Inputs());
    }

    private void Extract() => TarFile.ExtractToDirectory(_folder["sample.tar"], _folder.Path, overwriteFiles: true);

    private void Repack(string path, TarEntryFormat format, params string[] names)
    {
        using var tar = new TarWriter(File.Create(path), format);
        Add(tar, names);
    }

    private void Add(TarWriter tar, params string[] names)
    {
        foreach (string name in names)
            tar.WriteEntry(_folder[name], name);
    }
}
