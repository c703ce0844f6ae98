using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lathe.Cli;
using Lathe.Cli.Tuning;
using Lathe.Compilation.Tuning;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class TuneVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LlvmFact]
    public void Tunes_and_prints_what_it_gave()
    {
        var run = LatheCommand.Run("tune", LatheCommand.Mnist, "-o", _folder["m.jsonl"], "--trials", "4", "--threads", "1");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"\[Task +\d+/ *\d+\]  Current/Best: +[\d.]+/ +[\d.]+ GFLOPS \| Progress: \(\d+/4\) \| [\d.]+ s\r?\n", run.Error);
        Assert.Matches(@"\(\d+/\d+\) \| [\d.]+ s Done\.", run.Error);
        Assert.StartsWith("task  count  trials  GFLOP/s", run.Out);
        Assert.Contains("4 trials of", run.Out);
        Assert.True(File.ReadAllLines(_folder["m.jsonl"]).Length >= 4);

        var used = LatheCommand.Run("run", LatheCommand.Mnist, "--threads", "1", "--tuning-records", _folder["m.jsonl"]);
        Assert.Equal(0, used.ExitCode);
        Assert.DoesNotContain("do not count", used.Error);
        var other = LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"], "--threads", "3", "--tuning-records", _folder["m.jsonl"], "--json");
        Assert.Contains("are of other machines or numbers of threads and do not count", other.Error);
        Assert.Equal(0, JsonDocument.Parse(other.Out).RootElement.GetProperty("tunedSteps").GetInt32());
    }

    [LlvmFact]
    public void Json_tells_each_task()
    {
        var run = LatheCommand.Run("tune", LatheCommand.Mnist, "-o", _folder["m.jsonl"], "--trials", "2", "--threads", "1", "--json");

        var report = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(2, report.GetProperty("trials").GetInt32());
        var task = report.GetProperty("tasks")[0];
        Assert.Contains("->", task.GetProperty("workload").GetString());
        Assert.True(task.GetProperty("gflopsBefore").GetDouble() > 0);
    }

    [Fact]
    public void Help_says_what_trials_count()
    {
        var help = LatheCommand.Run("tune", "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("in total for the model", Regex.Replace(help.Out, @"\s+", " "));
        Assert.Contains("lathe tune model.onnx -o model.jsonl --budget 10m", help.Out);
        Assert.DoesNotContain("[default: 0]", help.Out.Split('\n').Single(l => l.TrimStart().StartsWith("--trials", StringComparison.Ordinal)));
    }

    [Fact]
    public void Usage_is_explained()
    {
        LatheCommand.Run("tune", LatheCommand.Mnist).AssertError(2, "LATHE7002", "--output");
        LatheCommand.Run("tune", LatheCommand.Mnist, "-o", _folder["m"], "--budget", "soon").AssertError(2, "LATHE7002", "not 'soon'");
        LatheCommand.Run("tune", LatheCommand.Mnist, "-o", _folder["m"], "--trials", "0").AssertError(2, "LATHE7002", "at least 1");
        LatheCommand.Run("tune", _folder["none.onnx"], "-o", _folder["m"]).AssertError(3, "LATHE1401", "no such file");
        LatheCommand.Run("run", LatheCommand.Mnist, "--tuning-records", _folder["none"]).AssertError(3, "LATHE1401", "no such file");
    }

    [LlvmFact]
    public void What_cannot_be_tuned_is_refused()
    {
        LatheCommand.Run("tune", LatheCommand.Mnist, "-o", _folder["m"], "--target", "llvm -mtriple=aarch64-linux-gnu").AssertError(4, "LATHE7040", "aarch64");
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["m.tar"]);
        LatheCommand.Run("tune", _folder["m.tar"], "-o", _folder["m"]).AssertError(3, "LATHE7041", "is a bundle");
        LatheCommand.Run("tune", LatheCommand.Mnist, "-o", _folder["no/m"], "--trials", "2").AssertError(3, "LATHE1402", "cannot write");
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1.5h", 5400)]
    [InlineData("45", 45)]
    [InlineData("0s", 0)]
    [InlineData("-3m", 0)]
    [InlineData("m", 0)]
    [InlineData("1e9h", 0)]
    [InlineData("", 0)]
    public void Budgets_are_times(string text, int seconds) => Assert.Equal(seconds, (int)(Budget.TryParse(text)?.TotalSeconds ?? 0));

    [Fact]
    public void Progress_is_in_the_form_that_people_know() => Assert.Equal(
        "[Task  1/25]  Current/Best:   29.87/  29.87 GFLOPS | Progress: (40/40) | 64.33 s Done.",
        TuneTable.Line(new TuneProgress(1, 25, 29.87, 29.87, 40, 40, 64.33, IsDone: true)));

    [Theory]
    [InlineData("direct rows=6 vectors=4 tiles=9 unroll=4", "direct rows=7 vectors=3 tiles=9 unroll=4", "direct: rows 6 -> 7, vectors 4 -> 3")]
    [InlineData("direct rows=6 tiles=9", "direct rows=6 tiles=9 steps=256", "direct: steps 0 -> 256")]
    [InlineData("winograd height=4", "direct rows=6", "winograd height=4 -> direct rows=6")]
    public void Changes_of_schedules_are_told_by_their_knobs(string from, string to, string expected) => Assert.Equal(expected, ScheduleChange.Describe(from, to));

    [Fact]
    public void The_closing_table_tells_tasks_and_what_changed()
    {
        TaskReport Task(int number, string schedule) => new(
            number, "Conv(f32[1,7,7,160], const f32[1,1,160,960]) -> f32[1,7,7,960]", 3, 28, 0.1, schedule == "direct rows=5" ? 0.1 : 0.08, 150, schedule == "direct rows=5" ? 150 : 187.5,
            6.54, 56.4, "direct rows=5", schedule, schedule != "direct rows=5");
        var report = new TuneReport([Task(1, "direct rows=5"), Task(12, "direct rows=7")], 40, 56, "boosted trees", 334, 4, 3.9, 0.975, 1, Interrupted: false, 61.2);
        using var output = new StringWriter { NewLine = "\n" };

        TuneTable.Write("m.onnx", "m.jsonl", report, output);

        Assert.Equal(
            """
            task  count  trials  GFLOP/s  tuned   gain  time  peak  computes
               1      3      28    150.0  150.0  1.00x  6.5%   56%  Conv(1x7x7x160, 1x1x160x960) -> 1x7x7x960
              12      3      28    150.0  187.5  1.25x  6.5%   56%  Conv(1x7x7x160, 1x1x160x960) -> 1x7x7x960

            task  schedule
              12  direct: rows 5 -> 7

            m.onnx: 56 trials of 2 tasks in 61 s, ranked by boosted trees; peak 334 GFLOP/s
            a run has 1.026x the speed when tuned, in the median of the turns (4.000 ms by default, 3.900 ms tuned); 1 schedule was faster alone and not within the model, and is rejected
            to use it: lathe compile m.onnx -o OUT.tar --tuning-records m.jsonl

            """.ReplaceLineEndings("\n"),
            output.ToString());
    }

    /// <summary>Long: a process of its own, which is sent signals as by Ctrl-C, which goes to the process that measures too.</summary>
    [InterruptFact]
    [Trait("Duration", "long")]
    public void An_interrupt_ends_the_search_and_keeps_the_records()
    {
        using var process = StartTuning(out int runner);
        Signal("-INT", process.Id, runner);
        var rest = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(60_000));

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("the records are kept", output);
        Assert.StartsWith("task  count  trials  GFLOP/s", output);
        Assert.Equal("", rest.Result.Split('\n').FirstOrDefault(l => l.StartsWith("error", StringComparison.Ordinal)) ?? "");
        AssertRecordsAreWhole();
        AssertEnds(runner);
    }

    [LlvmFact]
    [Trait("Duration", "long")]
    public void A_tuner_that_is_killed_leaves_nothing_running()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var process = StartTuning(out int runner);
        Signal("-KILL", process.Id);
        Assert.True(process.WaitForExit(60_000));

        AssertRecordsAreWhole();
        AssertEnds(runner);
    }

    /// <summary>Until some has been measured, by another process.</summary>
    private Process StartTuning(out int runner)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { typeof(CommandLine).Assembly.Location, "tune", LatheCommand.Mnist, "-o", _folder["m.jsonl"], "--budget", "10m", "--threads", "1" })
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        while (process.StandardError.ReadLine() is { } line && !line.StartsWith("[Task", StringComparison.Ordinal))
            continue;
        string[] tasks = Directory.GetDirectories($"/proc/{process.Id}/task");
        runner = int.Parse(tasks.SelectMany(t => (TextOf($"{t}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Single(), CultureInfo.InvariantCulture);
        return process;
    }

    private static void Signal(string signal, params int[] processes)
    {
        // The shell's own kill: small systems have no program of that name.
        using var shell = Process.Start("sh", ["-c", $"kill {signal} {string.Join(' ', processes)}"]);
        shell.WaitForExit();
    }

    private void AssertRecordsAreWhole()
    {
        var (records, notes) = RecordsFile.Read(_folder["m.jsonl"]);
        Assert.NotEmpty(records);
        Assert.Empty(notes);
    }

    /// <summary>A process that has ended may still be in the list of those whose parent has not asked.</summary>
    private static void AssertEnds(int process) => Assert.True(SpinWait.SpinUntil(
        () => TextOf($"/proc/{process}/stat") is not { } state || state.Contains(") Z ", StringComparison.Ordinal), TimeSpan.FromSeconds(60)));

    /// <summary>Null where it is of a thread or process that is no more, which may happen between any two looks.</summary>
    private static string? TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
