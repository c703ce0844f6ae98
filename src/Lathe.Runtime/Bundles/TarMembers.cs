using System.Globalization;
using System.Text;
using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>
/// The members of a bundle's tar and where their bytes lie. Only plain files at the top level with known names and intact
/// headers are accepted, each once; links, folders, extended headers and anything else is refused.
/// </summary>
internal static class TarMembers
{
    private const int Block = 512;

    public static Dictionary<string, (long Offset, long Length)> Read(MappedFile file)
    {
        var members = new Dictionary<string, (long, long)>();
        long at = 0;
        while (true)
        {
            if (!file.Contains(at, Block))
                throw Damaged(file, "it ends before its end mark");
            var header = file.Span(at, Block);
            if (header.IndexOfAnyExcept((byte)0) < 0)
                return members;
            if (!header.Slice(257, 5).SequenceEqual("ustar"u8) || Number(header.Slice(148, 8)) != Sum(header))
                throw Damaged(file, $"the header at byte {at} is no tar header or was changed");
            string name = Text(header[..100]);
            bool isFile = header[156] is (byte)'0' or 0;
            if (!isFile || Text(header.Slice(345, 155)).Length > 0 || !IsKnown(name))
                throw Damaged(file, $"it holds '{Printable(name)}', which is no part of a bundle");
            long length = Number(header.Slice(124, 12)) ?? throw Damaged(file, $"the size of '{name}' is no number");
            long start = at + Block;
            if (!file.Contains(start, length))
                throw Damaged(file, $"'{name}' of {length} bytes does not fit its {file.Length} bytes");
            if (!members.TryAdd(name, (start, length)))
                throw Damaged(file, $"it holds '{name}' twice");
            at = start + ((length + Block - 1) / Block * Block);
        }
    }

    /// <summary>Whether a file begins as bundles do.</summary>
    public static bool IsBundle(ReadOnlySpan<byte> start) =>
        start.Length >= Block && start.Slice(257, 5).SequenceEqual("ustar"u8) && IsKnown(Text(start[..100]));

    private static bool IsKnown(string name) => name is Bundle.ManifestName or Bundle.ParametersName || Bundle.IsCodeName(name);

    /// <summary>An octal number with blanks or zeros around it; null when it is none.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        var digits = field.Trim("\0 "u8);
        long value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            value = (value * 8) + (digit - '0');
        }
        return digits.Length is > 0 and <= 12 ? value : null;
    }

    /// <summary>The sum of a header's bytes, its own field counted as blanks.</summary>
    private static long Sum(ReadOnlySpan<byte> header)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < Block; i++)
            sum += i is >= 148 and < 156 ? 0 : header[i];
        return sum;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    private static string Printable(string name) =>
        string.Concat(name.Select(c => char.IsControl(c) || c > '~' ? $"\\x{((int)c).ToString("x2", CultureInfo.InvariantCulture)}" : $"{c}"));

    private static ModelException Damaged(MappedFile file, string why) =>
        new("LATHE6010", $"'{file.Path}' is not a bundle or is damaged: {why}", "make it again with: lathe compile MODEL -o OUT.tar");
}
