using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// A process that runs kernels (<see cref="KernelRunner"/>), so that one which never ends or breaks its process takes nothing else down. Disposing
/// ends it at once.
/// </summary>
internal sealed class RunnerProcess : IDisposable
{
    private const int MostErrorCharacters = 2000;
    private const int EndMilliseconds = 10_000;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly BinaryWriter _requests;
    private readonly BlockingCollection<RunnerMessage> _answers = [];
    private readonly StringBuilder _errors = new();

    /// <param name="command">A program and its arguments. Throws an <see cref="InternalException"/> where that does not become a runner.</param>
    public RunnerProcess(IReadOnlyList<string> command, CancellationToken stop)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InternalException("LATHE5314", $"'{command[0]}', which is to measure kernels, cannot be started: {e.Message}", e);
        }
        _process.ErrorDataReceived += (_, line) => KeepError(line.Data);
        _process.BeginErrorReadLine();
        _requests = new(new BufferedStream(_process.StandardInput.BaseStream, 1 << 16));
        var answers = _process.StandardOutput.BaseStream;
        new Thread(() => Read(answers)) { IsBackground = true, Name = "lathe answers" }.Start();
        try
        {
            if (Await(StartLimit, stop) is not RunnerMessage.Ready)
                throw new InternalException("LATHE5314", $"'{command[0]}' does not measure kernels");
        }
        catch (RunnerLostException e)
        {
            Dispose();
            throw new InternalException("LATHE5314", $"the process that is to measure kernels did not start: {e.Message} {Errors}", e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString().Trim();
        }
    }

    /// <summary>What happens to a process that has ended shows in the next answer.</summary>
    public void Send(RunnerMessage request)
    {
        lock (_requests)
        {
            try
            {
                request.Write(_requests);
            }
            catch (IOException)
            {
            }
        }
    }

    /// <summary>
    /// The next answer. Throws a <see cref="RunnerLostException"/> where none comes in time or the process has ended, and an
    /// <see cref="OperationCanceledException"/> when told to stop; the process is of no use then.
    /// </summary>
    public RunnerMessage Await(TimeSpan limit, CancellationToken stop)
    {
        if (_answers.TryTake(out var answer, (int)Math.Min(limit.TotalMilliseconds, int.MaxValue), stop))
            return answer;
        stop.ThrowIfCancellationRequested();
        if (!_answers.IsCompleted)
            throw new RunnerLostException(RecordStatus.Timeout, FormattableString.Invariant($"it had not ended after {limit.TotalSeconds:F1} s"));
        if (!_process.WaitForExit(EndMilliseconds))
            _process.Kill();
        _process.WaitForExit();
        throw new RunnerLostException(RecordStatus.Error, $"its process ended with {Describe(_process.ExitCode)}");
    }

    public void Dispose()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Describe(int exitCode) => exitCode switch
    {
        128 + 4 => "SIGILL: an instruction that this processor does not have",
        128 + 6 => "SIGABRT",
        128 + 7 => "SIGBUS",
        128 + 8 => "SIGFPE",
        128 + 9 => "SIGKILL",
        128 + 11 => "SIGSEGV: it used memory that is not its own",
        _ => $"exit code {exitCode}",
    };

    private void Read(Stream answers)
    {
        using var reader = new BinaryReader(new BufferedStream(answers));
        try
        {
            while (true)
                _answers.Add(RunnerMessage.Read(reader));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InternalException)
        {
            _answers.CompleteAdding();
        }
    }

    private void KeepError(string? line)
    {
        lock (_errors)
            if (line is not null && _errors.Length < MostErrorCharacters)
                _errors.AppendLine(line);
    }
}
