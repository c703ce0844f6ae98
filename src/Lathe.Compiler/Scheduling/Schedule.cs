using System.Globalization;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// One way to make a kernel: a generator and the values of its knobs. Its text, <c>direct rows=6 vectors=4 tiles=33 unroll=4</c>, is what
/// tuning records keep.
/// </summary>
public sealed record Schedule(string Generator, EquatableArray<Knob> Knobs)
{
    /// <summary>A knob's value. Throws where the schedule has no such knob.</summary>
    public long this[string knob] => Find(knob) ?? throw new InternalException("LATHE5130", $"the schedule '{this}' does not set '{knob}'");

    /// <summary>A knob's value, or null where the schedule does not have it.</summary>
    public long? Find(string knob) => Knobs.Any(k => k.Name == knob) ? Knobs.First(k => k.Name == knob).Value : null;

    public override string ToString() => string.Join(' ', Knobs.Select(k => k.ToString()).Prepend(Generator));

    /// <summary>Reads what <see cref="ToString"/> wrote; null for other texts.</summary>
    public static Schedule? TryParse(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            return null;
        var knobs = new Knob[words.Length - 1];
        for (int i = 0; i < knobs.Length; i++)
        {
            string[] parts = words[i + 1].Split('=');
            if (parts.Length != 2 || !long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
                return null;
            knobs[i] = new(parts[0], value);
        }
        return new(words[0], knobs);
    }
}
