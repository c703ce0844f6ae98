using System.Diagnostics;
using Lathe.Cli.Printing;
using Lathe.Cli.Running;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Measuring;

/// <summary>
/// Another model or bundle that runs in this process beside the one that is measured, on the same threads and with the same inputs: the same network as another
/// version of Lathe compiled it, say.
/// </summary>
internal sealed class OtherBuild : IDisposable
{
    private readonly Model _model;

    private OtherBuild(Model model, Session session, Contender contender) => (_model, Session, Contender) = (model, session, contender);

    public Contender Contender { get; }

    public Session Session { get; }

    /// <summary>
    /// Loads the other one as <paramref name="request"/> says. Throws a <see cref="ModelException"/> where it has other inputs or outputs than <paramref name="first"/>,
    /// which has been given its inputs.
    /// </summary>
    public static OtherBuild Load(RunRequest request, Session first, string firstPath, WorkerPool pool, Terminal terminal)
    {
        long start = Stopwatch.GetTimestamp();
        var model = ModelRun.Load(request, new InputBinding(request, terminal), terminal);
        Session? session = null;
        try
        {
            session = new Session(model, pool);
            CheckSame("LATHE7110", "inputs", first.Info.Inputs, firstPath, session.Info.Inputs, request.Path);
            CheckSame("LATHE7111", "outputs", first.Info.Outputs, firstPath, session.Info.Outputs, request.Path);
            foreach (var input in session.Info.Inputs)
                session.SetInput(input.Name, first.Input(input.Name));
            var (name, loadTime) = (NameOf(request.Path, firstPath, isSecond: true), Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            return new(model, session, Contestant(name, loadTime, session));
        }
        catch
        {
            session?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Whether a text is meant as a path, and not as the name of an engine: it is there, or looks like a file's.</summary>
    public static bool IsPath(string text) => Path.Exists(text) || Path.HasExtension(text) || Path.GetFileName(text) != text;

    /// <summary>A session as who takes part in a contest.</summary>
    public static Contender Contestant(string name, double loadMilliseconds, Session session) =>
        new(name, loadMilliseconds, session.Run, () => session.Info.Outputs.ToDictionary(o => o.Name, o => session.Output(o.Name)));

    /// <summary>What tells one of two paths from the other: the file's name where that is enough.</summary>
    public static string NameOf(string path, string other, bool isSecond)
    {
        if (path == other)
            return isSecond ? $"{Path.GetFileName(path)} again" : Path.GetFileName(path);
        return Path.GetFileName(path) is { Length: > 0 } name && name != Path.GetFileName(other) ? name : path;
    }

    /// <summary>Says where a bundle was compiled for another number of threads than it runs on.</summary>
    public static void NoteThreads(string path, Session session, Terminal terminal)
    {
        if (session.Info.Threads is { } threads && threads != session.Threads)
            terminal.Note($"'{path}' was compiled for {Quantity.Of(threads, "thread")} and runs on {session.Threads}");
    }

    public void Dispose()
    {
        Session.Dispose();
        _model.Dispose();
    }

    private static void CheckSame(string code, string what, IReadOnlyList<BufferSpec> ours, string ourPath, IReadOnlyList<BufferSpec> theirs, string theirPath)
    {
        string[] mine = [.. ours.Select(s => s.ToString())], other = [.. theirs.Select(s => s.ToString())];
        string[] differing =
        [
            .. mine.Except(other).Select(s => $"'{ourPath}' has {s}"),
            .. other.Except(mine).Select(s => $"'{theirPath}' has {s}"),
        ];
        if (differing.Length > 0)
            throw new ModelException(code, $"the {what} are not the same: {string.Join("; ", differing)}", "give two models or bundles of the same network, with the same --input-shapes");
    }
}
