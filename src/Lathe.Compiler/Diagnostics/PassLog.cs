using System.Diagnostics;
using Lathe.Graphs;
using Lathe.Graphs.Passes;
using Lathe.Loops;

namespace Lathe.Compilation.Diagnostics;

/// <summary>
/// Runs passes, times them, and, where a folder is given (LATHE_DUMP), writes the text form after each: numbered files, with
/// "(unchanged)" in the name's place where a pass did nothing. In Debug builds every graph and kernel is verified.
/// </summary>
public sealed class PassLog(string? folder = null)
{
    private readonly List<(string Name, TimeSpan Time, bool Changed)> _entries = [];
    private int _files;

    /// <summary>What has run, in order.</summary>
    public IReadOnlyList<(string Name, TimeSpan Time, bool Changed)> Entries => _entries;

    /// <summary>Dumps to the folder that LATHE_DUMP names, if it does.</summary>
    public static PassLog FromEnvironment() => new(Environment.GetEnvironmentVariable("LATHE_DUMP") is { Length: > 0 } folder ? folder : null);

    public Graph Run(Pass pass, Graph graph)
    {
        var clock = Stopwatch.StartNew();
        var result = pass.Run(graph);
        var time = clock.Elapsed;
        bool changed = !ReferenceEquals(result, graph);
        if (folder is not null)
            changed = GraphText.Print(result) != GraphText.Print(graph);
        _entries.Add((pass.Name, time, changed));
        Verify(result);
        if (folder is not null)
            Write($"{pass.Name}{(changed ? "" : " (unchanged)")} {time.TotalMilliseconds:F1}ms.graph", changed ? GraphText.Print(result) : "");
        return result;
    }

    public T Time<T>(string name, Func<T> work)
    {
        var clock = Stopwatch.StartNew();
        var result = work();
        _entries.Add((name, clock.Elapsed, true));
        return result;
    }

    public void Dump(string name, Graph graph)
    {
        Verify(graph);
        if (folder is not null)
            Write($"{name}.graph", GraphText.Print(graph));
    }

    public void Dump(string name, Program program)
    {
        if (folder is not null)
            Write($"{name}.loops", string.Join("\n", program.Kernels.Select(LoopText.Print)));
    }

    [Conditional("DEBUG")]
    private static void Verify(Graph graph) => GraphVerifier.Verify(graph);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(folder!);
        File.WriteAllText(Path.Combine(folder!, $"{_files++:D2} {name}"), text);
    }
}
