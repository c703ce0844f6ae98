using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// What a cost model sees of a schedule: the generator, the knobs and their products, the shape, and how much of it is wasted where knobs do not
/// divide extents. Knobs keep their columns through a run.
/// </summary>
internal sealed class ScheduleFeatures
{
    private const int ShapeColumns = 12;
    private const int ResultColumns = 4;

    private readonly string[] _generators;
    private readonly string[] _knobs;
    private readonly long _lanes;

    /// <param name="lanes">Elements in a vector, which knobs that count vectors are multiples of.</param>
    public ScheduleFeatures(IEnumerable<TuningTask> tasks, long lanes)
    {
        var all = tasks.SelectMany(t => t.Space).ToList();
        _generators = [.. all.Select(s => s.Generator).Distinct().Order(StringComparer.Ordinal)];
        _knobs = [.. all.SelectMany(s => s.Knobs).Select(k => k.Name).Distinct().Order(StringComparer.Ordinal)];
        _lanes = lanes;
    }

    public float[] Of(TuningTask task, Schedule schedule)
    {
        var row = new List<float>();
        row.AddRange(_generators.Select(g => g == schedule.Generator ? 1f : 0f));
        long[] values = [.. _knobs.Select(name => schedule.Knobs.FirstOrDefault(k => k.Name == name).Value)];
        float[] logs = [.. values.Select(Log)];
        row.AddRange(logs);
        for (int i = 0; i < logs.Length; i++)
            for (int j = i + 1; j < logs.Length; j++)
                row.Add(logs[i] + logs[j]);

        var extents = task.Workload.Extents;
        for (int i = 0; i < ShapeColumns; i++)
            row.Add(i < extents.Count ? Log(extents[i]) : -1);
        row.Add(Log(task.Flops));
        long[] result = [.. extents.TakeLast(ResultColumns)];
        long places = result.SkipLast(1).Aggregate(1L, (a, b) => a * b);
        foreach (long knob in values)
        {
            for (int i = 0; i < ResultColumns; i++)
                row.Add(i < result.Length ? Waste(result[i], knob) : 1);
            row.Add(Waste(places, knob));
            row.Add(result.Length > 0 ? Waste(result[^1], knob * _lanes) : 1);
        }
        return [.. row];
    }

    private static float Log(long value) => MathF.Log2(1 + Math.Abs(value));

    /// <summary>How many times as large an extent becomes when it is cut into whole parts of a size.</summary>
    private static float Waste(long extent, long part) =>
        extent <= 0 || part <= 0 ? 0 : (float)Math.Min(8, (double)((extent + part - 1) / part) * part / extent);
}
