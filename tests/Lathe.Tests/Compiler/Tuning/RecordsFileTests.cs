using Lathe.Compilation.Tuning;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Compilation.Tuning;

public sealed class RecordsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_are_read_back_as_they_were_written()
    {
        TuningRecord[] records =
        [
            SampleRecords.Of("direct rows=6", 0.8),
            SampleRecords.Of("direct rows=3", 0.9) with { Confirmed = true, Rounds = 15 },
            SampleRecords.Of("direct rows=2", 0) with { Status = RecordStatus.Error, Milliseconds = 0, RatioUpper = 0, Reason = "\"wrong\"\n" },
        ];
        Write(records[..1]);
        Write(records[1..]);

        var (read, notes) = RecordsFile.Read(_folder["r.jsonl"]);

        Assert.Equal(records, read);
        Assert.Empty(notes);
        Assert.Equal(3, File.ReadAllLines(_folder["r.jsonl"]).Length);
    }

    [Fact]
    public void A_torn_last_line_is_left_out_and_does_not_spoil_what_is_appended()
    {
        Write(SampleRecords.Of("direct rows=6", 0.8));
        string line = File.ReadAllText(_folder["r.jsonl"]);
        File.AppendAllText(_folder["r.jsonl"], line[..(line.Length / 2)]);

        Assert.Equal($"'{_folder["r.jsonl"]}': the last line, 2, was broken off and is left out", Assert.Single(RecordsFile.Read(_folder["r.jsonl"]).Notes));
        Write(SampleRecords.Of("direct rows=3", 0.9));
        var (records, notes) = RecordsFile.Read(_folder["r.jsonl"]);
        Assert.Equal(["direct rows=6", "direct rows=3"], records.Select(r => r.Schedule));
        Assert.Contains("line 2 is no tuning record", Assert.Single(notes));
    }

    [Fact]
    public void Lines_that_are_no_records_are_told_and_left_out()
    {
        string good = SampleRecords.Of("direct rows=6", 0.8).ToJson();
        string[] bad =
        [
            "{}", "[1]", "null", "text", "{\"hash\":\"0\"}", new string('x', 300_000), "\0\u00ff",
            good.Replace("\"ratio\":0.8", "\"ratio\":-1"), good.Replace("\"ratio\":0.8", "\"ratio\":1e999"),
            good.Replace("\"status\":\"ok\"", "\"status\":7"), good.Replace("\"status\":\"ok\"", "\"status\":\"fine\""),
            good.Replace("direct rows=6", "direct rows"), good.Replace(SampleRecords.Hash, new string('0', 16)),
        ];
        File.WriteAllLines(_folder["r.jsonl"], [.. bad, "", good]);

        var (records, notes) = RecordsFile.Read(_folder["r.jsonl"]);

        Assert.Equal("direct rows=6", Assert.Single(records).Schedule);
        Assert.Equal(4, notes.Count);
        Assert.Contains("line 1 is no tuning record", notes[0]);
        Assert.Contains($"{bad.Length - 3} more lines", notes[3]);
    }

    [Theory]
    [InlineData("{\n  \"name\": 1\n}")]
    [InlineData("text")]
    [InlineData("\0")]
    public void Nothing_is_appended_to_files_of_something_else(string text)
    {
        File.WriteAllText(_folder["r.jsonl"], text);

        Assert.Equal("LATHE8940", Assert.Throws<ModelException>(() => RecordsFile.Append(_folder["r.jsonl"])).Code);
        Assert.Equal(text, File.ReadAllText(_folder["r.jsonl"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("{\"hash\":\"03")]
    public void Records_are_appended_to_what_a_run_left_that_was_ended(string text)
    {
        File.WriteAllText(_folder["r.jsonl"], text);
        Write(SampleRecords.Of("direct rows=6", 0.8));
        Assert.Single(RecordsFile.Read(_folder["r.jsonl"]).Records);
    }

    [Fact]
    public void Two_do_not_append_to_a_file_at_once_and_others_read_it_meanwhile()
    {
        using (var file = RecordsFile.Append(_folder["r.jsonl"]))
        {
            file.Add(SampleRecords.Of("direct rows=6", 0.8));
            Assert.Equal("LATHE8950", Assert.Throws<ModelException>(() => RecordsFile.Append(_folder["r.jsonl"])).Code);
            Assert.Single(RecordsFile.Read(_folder["r.jsonl"]).Records);
        }
        Write(SampleRecords.Of("direct rows=3", 0.9));

        Assert.Equal(2, RecordsFile.Read(_folder["r.jsonl"]).Records.Count);
        Assert.Equal([_folder["r.jsonl"]], Directory.GetFiles(Path.GetDirectoryName(_folder["r.jsonl"])!));
    }

    [Fact]
    public void What_a_run_that_was_killed_left_beside_a_file_does_not_matter()
    {
        File.WriteAllText(_folder["r.jsonl.lock"], "");
        Write(SampleRecords.Of("direct rows=6", 0.8));
        Assert.Single(RecordsFile.Read(_folder["r.jsonl"]).Records);
    }

    [Fact]
    public void A_file_that_got_no_records_does_not_stay_unless_it_was_there()
    {
        Write();
        Assert.False(File.Exists(_folder["r.jsonl"]));
        File.WriteAllText(_folder["r.jsonl"], "");
        Write();
        Assert.True(File.Exists(_folder["r.jsonl"]));
    }

    [Fact]
    public void Files_that_are_not_there_are_errors()
    {
        Assert.Equal("LATHE1401", Assert.Throws<ModelException>(() => RecordsFile.Read(_folder["none.jsonl"])).Code);
        Assert.Equal("LATHE1402", Assert.Throws<ModelException>(() => RecordsFile.Append(_folder["none/r.jsonl"])).Code);
    }

    private void Write(params TuningRecord[] records)
    {
        using var file = RecordsFile.Append(_folder["r.jsonl"]);
        foreach (var record in records)
            file.Add(record);
    }
}
