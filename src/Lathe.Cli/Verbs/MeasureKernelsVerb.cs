using System.CommandLine;
using System.Runtime.InteropServices;
using Lathe.Compilation;
using Lathe.Compilation.Tuning;

namespace Lathe.Cli.Verbs;

/// <summary>What <see cref="TuneVerb"/> starts in a process of its own; not for people.</summary>
internal static class MeasureKernelsVerb
{
    public const string Name = "measure-kernels";

    public static Command Create()
    {
        var target = SharedOptions.Target();
        var threads = SharedOptions.Threads();
        var verb = new Verb(Name, "Runs kernels for 'lathe tune', which sends them to the standard input.", $"lathe {Name} --threads 1") { target, threads };
        verb.Hidden = true;
        verb.SetAction(parsed =>
        {
            // An interrupt from the keyboard goes to all processes; this one ends when its input does.
            PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
            PosixSignalRegistration[] ignored = [.. signals.Select(s => PosixSignalRegistration.Create(s, context => context.Cancel = true))];
            var options = new CompileOptions(Target.Parse(parsed.GetValue(target)), parsed.GetValue(threads));
            KernelRunner.Serve(Console.OpenStandardInput(), Console.OpenStandardOutput(), options.Target, options.ThreadsToUse, () => Environment.Exit(0));
            foreach (var registration in ignored)
                registration.Dispose();
            return 0;
        });
        return verb;
    }
}
