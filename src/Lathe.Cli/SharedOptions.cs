using System.CommandLine;
using Lathe.Formats;

namespace Lathe.Cli;

/// <summary>Options that several verbs have.</summary>
internal static class SharedOptions
{
    public const string VerboseName = "--verbose";

    public static Argument<string> Model(string also = "") => new("MODEL") { Description = $"a model: {string.Join(", ", ModelReader.FormatNames)}{also}" };

    public static Option<bool> Verbose(string description) => new(VerboseName) { Description = description };

    public static Option<bool> Json() => new("--json") { Description = "print JSON" };

    public static Option<string?> Target() => new("--target")
    {
        Description = "managed, native, or \"llvm -mtriple=T -mcpu=C -mattr=+a,-b\", with -subnormals=flush if numbers below the normal range are to be zero; native where LLVM is installed, else managed (LATHE_TARGET)",
        HelpName = "TARGET",
    };

    public static Option<int> Threads() => Count("--threads", 0, 0, "threads to use; 0 is one for each processor");

    public static Option<bool> Exact() => new("--exact-conv")
    {
        Description = "compute layers as they are defined: slower, and without the rounding of Winograd's method and of dense layers' weights to 21 bits",
    };

    public static Option<string?> TuningRecords() => new("--tuning-records")
    {
        Description = "what 'lathe tune' measured; kernels take the schedules that were clearly faster than the default on this machine",
        HelpName = "FILE",
    };

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public static Option<int> Count(string name, int otherwise, int least, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out int value) || value < least))
                result.AddError($"{name} takes a whole number of at least {least}, not '{result.Tokens[0].Value}'");
        });
        return option;
    }

    /// <summary>The items of a list with commas between; none of null.</summary>
    public static string[] Split(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
