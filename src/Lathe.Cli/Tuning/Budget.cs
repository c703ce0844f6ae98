using System.Globalization;

namespace Lathe.Cli.Tuning;

/// <summary>Times as people write them: <c>90s</c>, <c>10m</c>, <c>1.5h</c>; a plain number is seconds.</summary>
internal static class Budget
{
    private const double MostHours = 24 * 30;

    public static TimeSpan? TryParse(string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch { 'h' => 3600, 'm' => 60, 's' => 1, _ => 0 };
        string number = unit > 0 ? text[..^1] : text;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            return null;
        double seconds = value * Math.Max(1, unit);
        return seconds is > 0 and <= MostHours * 3600 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
