using System.Text.Json;
using System.Text.Json.Nodes;
using Lathe.Bench.Engines;

namespace Lathe.Bench.Measuring;

/// <summary>Prints comparisons as rows of a table, and as JSON.</summary>
internal sealed class Report(TextWriter output, IReadOnlyDictionary<int, double> peaks)
{
    private const string Row = "{0,-20} {1,7} {2,10} {3,10} {4,7} {5,13} {6,9} {7,6} {8,9} {9,9} {10,9}";

    public void Header(string peer)
    {
        output.WriteLine($"times in ms, medians; ratio = {peer}'s time / Lathe's, over 1 means that Lathe is faster; min..max is that of the rounds' ratios, or of the peer's times where only it runs; peak = share of the measured FMA peak; error = largest difference of outputs / largest output");
        output.WriteLine(Row, "model", "threads", "peer", "lathe", "ratio", "min..max", "GFLOP/s", "peak", "peer peak", "load s", "error");
    }

    public void Add(Comparison c)
    {
        double shown = c.LatheMs ?? c.PeerMs;
        output.WriteLine(Row, c.Model, c.Threads, $"{c.PeerMs:F3}", Or(c.LatheMs, "F3"), Or(c.Ratio, "F2"),
            c.Lathe.Count > 0 ? $"{c.Ratios.Min():F2}..{c.Ratios.Max():F2}" : $"{c.Peer.Min():F2}..{c.Peer.Max():F2}",
            Or(c.Rate(shown), "F1"), Share(c, c.LatheMs), Share(c, c.PeerMs),
            Or(c.Lathe.Count > 0 ? c.LoadMs.Lathe / 1000 : null, "F1"), Or(c.RelativeError, "0.0e-0"));
        output.Flush();
    }

    /// <summary>All figures of a session in one document.</summary>
    public static void WriteJson(string path, Machine machine, IReadOnlyDictionary<string, string> engines, IReadOnlyDictionary<int, double> peaks, IEnumerable<Comparison> comparisons)
    {
        var document = new JsonObject
        {
            ["machine"] = machine.ToString(),
            ["engines"] = new JsonObject(engines.Select(e => KeyValuePair.Create<string, JsonNode?>(e.Key, e.Value))),
            ["fma_peak_gflops"] = new JsonObject(peaks.Select(p => KeyValuePair.Create<string, JsonNode?>($"{p.Key}", p.Value))),
            ["results"] = new JsonArray([.. comparisons.Select(c => (JsonNode)new JsonObject
            {
                ["model"] = c.Model,
                ["threads"] = c.Threads,
                ["macs"] = c.Macs,
                ["peer_ms"] = c.PeerMs,
                ["lathe_ms"] = c.LatheMs,
                ["ratio"] = c.Ratio,
                ["ratios"] = new JsonArray([.. c.Ratios.Select(r => (JsonNode)r)]),
                ["peer_load_ms"] = c.LoadMs.Peer,
                ["lathe_load_ms"] = c.Lathe.Count > 0 ? c.LoadMs.Lathe : null,
                ["max_relative_error"] = c.RelativeError is { } e && double.IsFinite(e) ? e : null,
            })]),
        };
        Write(path, document);
    }

    /// <summary>What quantized models gain.</summary>
    public static void WriteJson(string path, Machine machine, IEngine lathe, IEnumerable<QuantizedGain> gains) => Write(path, new JsonObject
    {
        ["machine"] = machine.ToString(),
        ["engines"] = new JsonObject { [lathe.Name] = lathe.Version },
        ["results"] = new JsonArray([.. gains.Select(g => (JsonNode)new JsonObject
        {
            ["model"] = g.Model,
            ["quantized"] = g.Quantized,
            ["threads"] = g.Threads,
            ["float_ms"] = g.FloatMs,
            ["quantized_ms"] = g.IntegerMs,
            ["ratio"] = g.Ratio,
            ["ratios"] = new JsonArray([.. g.Ratios.Select(r => (JsonNode)r)]),
        })]),
    });

    private static void Write(string path, JsonObject document)
    {
        string partial = path + ".partial";
        File.WriteAllText(partial, document.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        File.Move(partial, path, overwrite: true);
    }

    private static string Or(double? value, string format) => value?.ToString(format) ?? "-";

    private string Share(Comparison c, double? ms) => c.Rate(ms) is { } rate ? $"{rate / peaks[c.Threads]:P0}" : "-";
}
