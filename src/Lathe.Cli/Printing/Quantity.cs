using System.Globalization;

namespace Lathe.Cli.Printing;

/// <summary>Numbers as people read them.</summary>
internal static class Quantity
{
    private static readonly string[] ByteUnits = ["bytes", "KB", "MB", "GB", "TB"];

    /// <summary><c>585,958</c>; nothing for zero, so that tables show what matters.</summary>
    public static string CountOrBlank(long value) => value == 0 ? "" : Count(value);

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>In units of 1,000: <c>2.34 MB</c>.</summary>
    public static string Bytes(long value)
    {
        double amount = value;
        int unit = 0;
        while (Math.Abs(amount) >= 1000 && unit < ByteUnits.Length - 1)
            (amount, unit) = (amount / 1000, unit + 1);
        return unit == 0 ? $"{value} {ByteUnits[0]}" : $"{amount.ToString("0.00", CultureInfo.InvariantCulture)} {ByteUnits[unit]}";
    }

    /// <summary><c>1 pass</c>, <c>2 passes</c>.</summary>
    public static string Of(long count, string one, string? many = null) => $"{Count(count)} {(count == 1 ? one : many ?? one + "s")}";
}
