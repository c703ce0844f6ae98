using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Lathe.Cli.Verbs;

namespace Lathe.Cli;

/// <summary>
/// The <c>lathe</c> command. Exit codes: 0 done, 1 done with a negative answer (verify found a failure), 2 usage, 3 the model or
/// an input is wrong, 4 not supported, 70 a bug, 130 tuning was interrupted.
/// </summary>
internal static class CommandLine
{
    public static int Run(string[] args, Terminal terminal)
    {
        bool verbose = args.Contains(SharedOptions.VerboseName);
        try
        {
            var root = Root(terminal);
            // No path may be taken for a file of more arguments.
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            UsageErrors.ThrowIfAny(parsed, args);
            return parsed.Invoke(terminal.Invocation);
        }
        catch (LatheException e)
        {
            return Report(terminal, e, verbose);
        }
        catch (OutOfMemoryException e)
        {
            return Report(terminal, new ModelException("LATHE7003", "the memory of this machine does not suffice", "use smaller input shapes", e), verbose);
        }
        catch (OverflowException e)
        {
            return Report(terminal, new ModelException("LATHE7006", "the model's sizes are too large to be counted in 64 bits", "check the extents and attributes of its nodes, and --input-shapes", e), verbose);
        }
        catch (Exception e)
        {
            return Report(terminal, new InternalException("LATHE7004", $"{e.GetType().Name}: {e.Message}", e), verbose);
        }
    }

    internal static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Turns trained models into native code: says what a model costs, compiles and tunes it, runs and measures it.")
        {
            InspectVerb.Create(terminal),
            CompileVerb.Create(terminal),
            ConvertVerb.Create(terminal),
            DiffVerb.Create(terminal),
            RunVerb.Create(terminal),
            TuneVerb.Create(terminal),
            MeasureKernelsVerb.Create(),
            BenchVerb.Create(terminal),
            VerifyVerb.Create(terminal),
            DoctorVerb.Create(terminal),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExample((HelpAction)help.Action!);
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        root.SetAction(_ => root.Parse("--help").Invoke(terminal.Invocation));
        return root;
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(DoctorVerb.Version);
            return 0;
        }
    }

    private static int Report(Terminal terminal, LatheException e, bool verbose)
    {
        terminal.EndProgress();
        terminal.Error.WriteLine($"error {e.Code}: {PlainTextWriter.Clean(e.Message)}");
        if (e.Next is not null)
            terminal.Error.WriteLine($"next: {e.Next}");
        if (verbose)
            terminal.Error.WriteLine(e);
        return e.ExitCode;
    }
}
