using System.Diagnostics;

namespace Lathe.Bench.Measuring;

/// <summary>Another process that keeps a processor busy for as long as this object lives, or this process.</summary>
internal sealed class BusyProgram : IDisposable
{
    /// <summary>The option by which the bench becomes such a process.</summary>
    public const string Option = "--burn";

    private readonly Process _process;

    public BusyProgram()
    {
        string self = Environment.ProcessPath ?? "dotnet";
        string program = typeof(BusyProgram).Assembly.Location;
        bool isProgram = Path.GetFileNameWithoutExtension(self) == Path.GetFileNameWithoutExtension(program);
        _process = Process.Start(new ProcessStartInfo(self, isProgram ? [Option] : [program, Option]) { RedirectStandardInput = true })
            ?? throw new InternalException("LATHE7907", $"'{self}' did not start");
        // Until it is busy.
        while (_process.TotalProcessorTime < TimeSpan.FromSeconds(0.5))
            Thread.Sleep(50);
    }

    /// <summary>Computes until the standard input ends.</summary>
    public static void Burn()
    {
        bool ended = false;
        var reader = new Thread(() =>
        {
            Console.In.ReadToEnd();
            Volatile.Write(ref ended, true);
        });
        reader.IsBackground = true;
        reader.Start();
        while (!Volatile.Read(ref ended))
            Thread.SpinWait(1000);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
