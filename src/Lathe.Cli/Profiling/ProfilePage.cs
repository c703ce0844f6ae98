using System.Net;
using System.Text;
using Lathe.Cli.Printing;
using Lathe.Tensors;

namespace Lathe.Cli.Profiling;

/// <summary>A profile as a page for a browser that needs nothing else: well-formed, without scripts, for light and dark screens.</summary>
internal static class ProfilePage
{
    private const string Style = """
        :root { color-scheme: light dark; --ground: #fff; --text: #1c2733; --soft: #5b6b7b; --line: #dde3ea; --roof: #c2410c; --dot: #2563eb; --bar: #bfd3f7; --least: #2563eb; }
        @media (prefers-color-scheme: dark) { :root { --ground: #12181f; --text: #e4eaf0; --soft: #9aa9b8; --line: #2b3743; --roof: #fb923c; --dot: #6ea8fe; --bar: #2a4570; --least: #6ea8fe; } }
        body { margin: 0 auto; padding: 1.5rem; max-width: 60rem; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
        p { margin: .5rem 0; max-width: 48rem; } .soft { color: var(--soft); overflow-wrap: anywhere; }
        .figures { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1.2rem 0; padding: 0; list-style: none; }
        .figures b { display: block; font-size: 1.35rem; } .figures span { color: var(--soft); }
        svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
        .grid { stroke: var(--line); } .roof { fill: none; stroke: var(--roof); stroke-width: 2.5; } .far { stroke-width: 1.2; stroke-dasharray: 5 4; }
        svg .roof-name { fill: var(--roof); } svg .axis { fill: var(--text); } .dot { fill: var(--dot); fill-opacity: .6; stroke: var(--ground); } svg .rank { fill: var(--text); font-weight: 600; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: .25rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 500; }
        .name { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 12rem; } tfoot td { font-weight: 600; }
        .track { position: relative; height: .9rem; min-width: 9rem; } .track i { position: absolute; left: 0; top: 0; bottom: 0; border-radius: 2px; background: var(--bar); } .track i.least { background: var(--least); }
        .key { display: inline-block; width: .9rem; height: .9rem; border-radius: 2px; vertical-align: -.1rem; }
        """;

    /// <summary>Writes <paramref name="path"/> in one go, or nothing.</summary>
    public static void Write(string path, string model, string target, RunProfile profile)
    {
        string page = Of(model, target, profile);
        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(page)));
    }

    public static string Of(string model, string target, RunProfile profile)
    {
        var (total, machine) = (profile.Total, profile.Machine);
        string threads = Quantity.Of(machine.Threads, "thread");
        return Text($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>Profile of {Escape(model)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <h1>Where the time goes in {Escape(model)}</h1>
            <p class="soft">{Escape(machine.Processor)}, {threads}; {Escape(target.Split(" -mattr=")[0])}</p>
            <ul class="figures">
            <li><b>{total.Milliseconds:0.###} ms</b><span>a run, step by step</span></li>
            <li><b>{total.Gflops:F1} GFLOP/s</b><span>{total.Flops / 1e6:N1} million operations</span></li>
            <li><b>{Quantity.Bytes(total.Bytes)}</b><span>moved by {Quantity.Of(profile.Kernels.Count, "kernel call")}</span></li>
            <li><b>{total.RooflinePercent:F0}%</b><span>of the roofline</span></li>
            </ul>

            <h2>How near each kernel comes to what this machine can do</h2>
            <p>A compiled model is a row of <em>kernels</em>, pieces of code that each compute one or a few of its layers. Two things bound how fast
            a kernel can be: how much arithmetic the processor does in a second, and how fast memory delivers the numbers. Which of the two counts
            depends on how many operations a kernel does for each byte that it touches. The orange line is that bound, the
            <em>roofline</em>: on its slope a kernel waits for memory, on its flat part for arithmetic. Each dot is a kernel, larger the more
            time it takes, numbered as below. The nearer a dot is to the line, the less there is to gain; a large dot far below it is where to look first.</p>
            {new RooflinePlot(profile).Svg()}
            <p class="soft">Both bounds were measured on this machine: {machine.Gflops:F0} GFLOP/s of float32 multiply-adds, and {profile.WeightGigabytesPerSecond:F0} GB/s
            for the {Quantity.Bytes(profile.WeightBytes)} of weights. A dot can be above the line: where a kernel needs fewer operations than its layer
            is counted with (Winograd's method for 3x3 convolutions), or where its numbers are still in a nearer cache. Kernels that only move numbers
            are not in the drawing.</p>

            <h2>The kernels, the longest first</h2>
            <p><i class="key" style="background:var(--bar)"></i> time taken &#160; <i class="key" style="background:var(--least)"></i> the least that the roofline allows</p>
            <div class="wide"><table>
            <thead><tr><th>#</th><th class="name">computes</th><th></th><th>ms</th><th>% of run</th><th>GFLOP/s</th><th>moved</th><th>FLOP/byte</th><th>% of roofline</th></tr></thead>
            <tbody>
            {string.Concat(profile.Kernels.Select((k, i) => Row(k, Text($"{i + 1}"), k.Computes, profile.Kernels[0].Milliseconds)))}</tbody>
            <tfoot>
            {Row(total, "", $"all {Quantity.Of(profile.Kernels.Count, "kernel call")}", 0)}</tfoot>
            </table></div>
            </body>
            </html>

            """);
    }

    /// <summary>A row of the table; with a bar where <paramref name="longest"/>, the time that fills the bar's place, is not 0.</summary>
    private static string Row(KernelProfile kernel, string rank, string name, double longest)
    {
        double taken = longest > 0 ? 100 * kernel.Milliseconds / longest : 0;
        double least = Math.Min(taken, longest > 0 ? 100 * kernel.LeastMilliseconds / longest : 0);
        string bar = longest > 0 ? Text($"<div class=\"track\"><i style=\"width:{taken:F1}%\"></i><i class=\"least\" style=\"width:{least:F1}%\"></i></div>") : "";
        string[] cells =
        [
            Text($"{kernel.Milliseconds:F4}"), Text($"{kernel.SharePercent:F1}"),
            kernel.Flops > 0 ? Text($"{kernel.Gflops:F1}") : "",
            kernel.Bytes > 0 ? Quantity.Bytes(kernel.Bytes) : "",
            kernel is { Flops: > 0, Bytes: > 0 } ? Text($"{kernel.Intensity:F2}") : "",
            kernel.LeastMilliseconds > 0 ? Text($"{kernel.RooflinePercent:F1}") : "",
        ];
        return $"<tr><td>{rank}</td><td class=\"name\">{Escape(name)}</td><td>{bar}</td>{string.Concat(cells.Select(c => $"<td>{c}</td>"))}</tr>\n";
    }

    /// <summary>Names come from models, so they may hold anything, and characters that no page may have.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) || c >= '\uFFFE' ? ' ' : c)));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
