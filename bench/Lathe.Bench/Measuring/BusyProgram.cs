using System.Diagnostics;
using System.Globalization;

namespace Lathe.Bench.Measuring;

/// <summary>Another process that computes for as long as this object lives, or this process.</summary>
internal sealed class BusyProgram : IDisposable
{
    /// <summary>The option by which the bench becomes such a process: so many percent of the time.</summary>
    public const string Option = "--burn";

    private const int PeriodMilliseconds = 10;

    private readonly Process _process;

    /// <param name="percent">How much of the time it computes, in a period of 10 ms.</param>
    public BusyProgram(int percent)
    {
        string share = percent.ToString(CultureInfo.InvariantCulture);
        string self = Environment.ProcessPath ?? "dotnet";
        string program = typeof(BusyProgram).Assembly.Location;
        bool isProgram = Path.GetFileNameWithoutExtension(self) == Path.GetFileNameWithoutExtension(program);
        _process = Process.Start(new ProcessStartInfo(self, isProgram ? [Option, share] : [program, Option, share]) { RedirectStandardInput = true })
            ?? throw new InternalException("LATHE7907", $"'{self}' did not start");
        // Until it is busy.
        while (_process.TotalProcessorTime < TimeSpan.FromSeconds(0.5))
            Thread.Sleep(50);
    }

    /// <summary>Computes until the standard input ends, <paramref name="percent"/> of the time.</summary>
    public static void Burn(int percent)
    {
        bool ended = false;
        var reader = new Thread(() =>
        {
            Console.In.ReadToEnd();
            Volatile.Write(ref ended, true);
        });
        reader.IsBackground = true;
        reader.Start();
        var busy = TimeSpan.FromMilliseconds(PeriodMilliseconds * percent / 100.0);
        var rest = TimeSpan.FromMilliseconds(PeriodMilliseconds) - busy;
        while (!Volatile.Read(ref ended))
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < busy)
                Thread.SpinWait(100);
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
