using Lathe.Cli.Printing;
using Lathe.Compilation;
using Lathe.Compilation.Tuning;

namespace Lathe.Cli.Tuning;

/// <summary>Tuning records that a user names.</summary>
internal static class Records
{
    /// <summary>The options with the schedules that a file of records chooses; unchanged without one. Notes tell what does not count.</summary>
    public static CompileOptions ApplyTo(CompileOptions options, string? file, Terminal terminal)
    {
        if (file is null)
            return options;
        var records = Read(file, terminal);
        var choices = new ScheduleChoices(records, TuningMachine.Of(options.Target, options.ThreadsToUse));
        if (choices.OtherMachines > 0)
            terminal.Note($"'{file}': {Quantity.Of(choices.OtherMachines, "record")} of {Quantity.Count(records.Count)} are of other machines or numbers of threads and do not count");
        return options with { Choices = choices };
    }

    public static IReadOnlyList<TuningRecord> Read(string file, Terminal terminal)
    {
        var (records, notes) = RecordsFile.Read(file);
        foreach (string note in notes)
            terminal.Note(note);
        return records;
    }
}
