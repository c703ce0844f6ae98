using System.Globalization;
using System.Net;
using System.Text;
using Lathe.Cli.Printing;
using Lathe.Tensors;

namespace Lathe.Cli.Profiling;

/// <summary>A profile as a page for a browser that needs nothing else: well-formed, without scripts, for light and dark screens.</summary>
internal static class ProfilePage
{
    private const string Style = """
        :root { color-scheme: light dark; --ground: #fff; --text: #1c2733; --soft: #5b6b7b; --line: #dde3ea; --roof: #c2410c; --bar: #d5dce5; --arithmetic: #2563eb; --weights: #9333ea; --values: #0d8577; }
        @media (prefers-color-scheme: dark) { :root { --ground: #12181f; --text: #e4eaf0; --soft: #9aa9b8; --line: #2b3743; --roof: #fb923c; --bar: #33404e; --arithmetic: #6ea8fe; --weights: #c792f5; --values: #4cc9b8; } }
        body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
        p { margin: .5rem 0; max-width: 50rem; } .soft { color: var(--soft); overflow-wrap: anywhere; } dl { max-width: 50rem; } dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; }
        .figures { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1.2rem 0; padding: 0; list-style: none; }
        .figures b { display: block; font-size: 1.35rem; } .figures span { color: var(--soft); }
        svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
        .grid { stroke: var(--line); } .roof { fill: none; stroke: var(--roof); stroke-width: 2.5; } .far { stroke-width: 1.2; stroke-dasharray: 5 4; } .band { fill: var(--roof); fill-opacity: .1; }
        .reach { fill: none; stroke: var(--roof); } svg .roof-name { fill: var(--roof); } svg .axis { fill: var(--text); } svg .rank { fill: var(--text); font-weight: 600; }
        .dot { fill: var(--soft); fill-opacity: .65; stroke: var(--ground); } .dot.arithmetic { fill: var(--arithmetic); } .dot.weights { fill: var(--weights); } .dot.values { fill: var(--values); }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: .25rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 500; }
        .name { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 11rem; } tfoot td { font-weight: 600; }
        .track { position: relative; height: .9rem; min-width: 7rem; } .track i { position: absolute; left: 0; top: 0; bottom: 0; border-radius: 2px; background: var(--bar); }
        .key-line { max-width: none; } .legend { white-space: nowrap; } .key { display: inline-block; width: .9rem; height: .9rem; border-radius: 2px; vertical-align: -.1rem; background: var(--bar); }
        i.arithmetic { background: var(--arithmetic) !important; } i.weights { background: var(--weights) !important; } i.values { background: var(--values) !important; }
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
            <p class="soft">{Escape(machine.Processor)}; run on {threads}; compiled for {Escape(target.Split(" -mattr=")[0])}</p>
            <ul class="figures">
            <li><b>{Milliseconds(profile.RunMilliseconds)}</b><span>a run; {Milliseconds(total.Milliseconds)} kernel by kernel</span></li>
            <li><b>{total.Gflops:F1} GFLOP/s</b><span>for {Count(total.Flops)} operations of its layers</span></li>
            <li><b>{Quantity.Bytes(total.Bytes)}</b><span>read and stored by {Quantity.Of(profile.Kernels.Count, "kernel call")}</span></li>
            <li><b>{total.RooflinePercent:F0}%</b><span>of the roofline</span></li>
            </ul>
            <p>A compiled model is a row of <em>kernels</em>, pieces of code that each compute one or a few of its layers. A kernel can be no faster than the
            processor's arithmetic allows, and no faster than memory delivers its numbers: the longer of these two times is its <em>roofline</em>, and at 100% it
            takes no longer than that. A kernel that takes much of the time at a low percentage is where there is most to gain.</p>

            {Plot(profile)}
            <h2>The kernels, the longest first</h2>
            <p class="key-line">{Key("", "time taken")}, in it the least that the roofline allows, for {Key("arithmetic", "arithmetic")}, {Key("weights", "reading weights")}, or {Key("values", "reading and storing values")}</p>
            <div class="wide"><table>
            <thead><tr><th>#</th><th class="name">computes</th><th></th><th>ms</th><th>% of all</th><th>GFLOP/s</th><th>moved</th><th>of it weights</th><th>limit</th><th>% of roofline</th></tr></thead>
            <tbody>
            {string.Concat(profile.Kernels.Select((k, i) => Row(k, Text($"{i + 1}"), k.Computes, profile.Kernels[0].Milliseconds)))}</tbody>
            <tfoot>
            {Row(total, "", $"all {Quantity.Of(profile.Kernels.Count, "kernel call")}", 0)}</tfoot>
            </table></div>

            <h2>What the figures mean</h2>
            <dl>
            <dt>ms</dt><dd>The median over many runs, each kernel called by itself; very short ones are mostly the call. Kernels that a loop repeats count with all their calls in a run.</dd>
            <dt>GFLOP/s</dt><dd>Billions of operations in a second, as the model's layers ask for them: a multiplication and an addition are two.
            Kernels with a <b>*</b> do fewer: Winograd's method for 3x3 convolutions needs fewer, products of bytes are taken four at a time, and pools share comparisons. Their
            percentage and their dot in the drawing are of what they do.</dd>
            <dt>moved</dt><dd>The bytes of all that a kernel reads or stores, each once: values that kernels hand on to one another, and the model's weights.</dd>
            <dt>limit</dt><dd>What the least time goes into. A function such as exp counts as one operation and takes tens of them, so softmax and the like stay far from their roofline.</dd>
            <dt>% of roofline</dt><dd>The least time in parts of the time taken. Arithmetic counts at {machine.Gflops:F0} GFLOP/s, the most that {threads} of this machine did in float32.
            Values count at the speed of data of their size, as the kernel before has just stored them: {machine.BandwidthAt(64 << 10):F0} GB/s for 64 KB, {machine.BandwidthAt(1 << 20):F0} for 1 MB, {machine.BandwidthAt(64 << 20):F0} for 67 MB.
            {WeightsText(profile)}A few percent above 100 are within what these measurements vary by.</dd>
            </dl>
            </body>
            </html>

            """);
    }

    private static string Plot(RunProfile profile)
    {
        var plot = new RooflinePlot(profile);
        return plot.IsEmpty ? "" : $"""
            <h2>How near each kernel comes to what this machine can do</h2>
            {plot.Svg()}
            <p class="soft">Each dot is a kernel that does arithmetic, larger the more time it takes, with its number in the table below and the colour of what limits it. Higher is faster. The further to the right, the more a kernel does with each byte: under the slopes
            it waits for memory, under the flat line for arithmetic. Memory is faster the nearer the bytes are kept, so the slopes fill a band. The line from a numbered dot ends at that kernel's own roof: the longer it is, the more
            there is to gain. Hold the pointer over a dot for its name.</p>
            """;
    }

    private static string WeightsText(RunProfile profile) => profile.WeightBytes == 0 ? "" : Text(
        $"Weights count at {profile.WeightGigabytesPerSecond:F0} GB/s, the speed of all {Quantity.Bytes(profile.WeightBytes)} of them, as each is read once in a run; where one kernel has most of them, a part may come faster. ");

    private static string Key(string limit, string name) => $"<span class=\"legend\"><i class=\"key {limit}\"></i> {name}</span>";

    /// <summary>A row of the table; with a bar where <paramref name="longest"/>, the time that fills the bar's place, is not 0.</summary>
    private static string Row(KernelProfile kernel, string rank, string name, double longest)
    {
        double taken = longest > 0 ? 100 * kernel.Milliseconds / longest : 0;
        double least = Math.Min(taken, longest > 0 ? 100 * kernel.LeastMilliseconds / longest : 0);
        string limit = NameOf(kernel.Limit);
        string bar = longest > 0 ? Text($"<div class=\"track\"><i style=\"width:{taken:F1}%\"></i><i class=\"least {limit}\" style=\"width:{least:F1}%\"></i></div>") : "";
        string[] cells =
        [
            Text($"{kernel.Milliseconds:F4}"), Text($"{kernel.SharePercent:F1}"),
            kernel.Flops > 0 ? Text($"{kernel.Gflops:F1}{(kernel.DoesFewer ? "*" : "")}") : "",
            kernel.Bytes > 0 ? Quantity.Bytes(kernel.Bytes) : "",
            kernel.WeightBytes > 0 ? Quantity.Bytes(kernel.WeightBytes) : "",
            limit,
            kernel.LeastMilliseconds > 0 ? Text($"{kernel.RooflinePercent:F1}") : "",
        ];
        return $"<tr><td>{rank}</td><td class=\"name\">{Escape(name).Replace("/", "/<wbr/>").Replace("+", "+<wbr/>")}</td><td>{bar}</td>{string.Concat(cells.Select(c => $"<td>{c}</td>"))}</tr>\n";
    }

    /// <summary>A limit as the page, its styles and the table name it; nothing where none is known.</summary>
    public static string NameOf(Limit? limit) => limit?.ToString().ToLowerInvariant() ?? "";

    /// <summary>Names come from models, so they may hold anything, and characters that no page may have.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) || c >= '\uFFFE' ? ' ' : c)));

    private static string Milliseconds(double time) => time.ToString(time < 1 ? "F4" : time < 10 ? "F3" : "F1", CultureInfo.InvariantCulture) + " ms";

    private static string Count(long operations) => operations >= 1_000_000 ? Text($"{operations / 1e6:N1} million") : Quantity.Count(operations);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
