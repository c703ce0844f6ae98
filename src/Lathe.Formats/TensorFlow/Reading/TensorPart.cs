using System.Globalization;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>A block of a tensor: a start and a length for each axis, which lie within it.</summary>
internal sealed class TensorPart
{
    private readonly long[] _starts;
    private readonly long[] _lengths;

    private TensorPart(Shape shape, string name, IEnumerable<(long Start, long? Length)> extents)
    {
        var given = extents.ToArray();
        _starts = [.. given.Select(e => e.Start)];
        _lengths = [.. given.Select((e, axis) => e.Length ?? (axis < shape.Rank ? shape[axis].Value - e.Start : 0))];
        if (given.Length != shape.Rank || given.Index().Any(e => e.Item.Start < 0 || _lengths[e.Index] < 0 || e.Item.Start > shape[e.Index].Value - _lengths[e.Index]))
            throw new ModelException("LATHE3558", $"the part {this} of the variable '{name}' does not lie within {shape}");
    }

    public long Count => _lengths.Aggregate(1L, (a, length) => a * length);

    public static TensorPart Of(TensorSliceProto part, Shape shape, string name) => new(shape, name, part.Extent.Select(e => (e.Start, e.HasLength ? e.Length : (long?)null)));

    /// <summary>Reads what a graph says of the part that it restores: extents of the whole tensor, and "start,length" or "-" for each axis, as "100 8 25,25:-".</summary>
    public static TensorPart Parse(string text, Shape shape, string name)
    {
        static (long, long?) Extent(string word)
        {
            if (word == "-")
                return (0, null);
            return word.Split(',') is [var start, var length] && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out long from)
                && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
                ? (from, count)
                : (-1, 0);
        }

        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var whole = words.SkipLast(1).Select(w => long.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out long extent) ? extent : -1);
        if (!whole.SequenceEqual(shape.ToArray()))
            throw new ModelException("LATHE3558", $"the variable '{name}' is {shape} in the checkpoint, and the model restores '{text}' of it");
        return new(shape, name, words[^1].Split(':').Select(Extent));
    }

    /// <summary>Puts the part's bytes in their places of the whole tensor's.</summary>
    public void CopyInto(Span<byte> whole, Shape shape, ReadOnlySpan<byte> part, int elementSize)
    {
        foreach (var (at, from, length) in Rows(shape))
            part.Slice(from * elementSize, length * elementSize).CopyTo(whole[(at * elementSize)..]);
    }

    /// <summary>The part of a tensor.</summary>
    public Tensor Of(Tensor whole)
    {
        int size = whole.Type.Size;
        byte[] bytes = new byte[Count * size];
        foreach (var (at, to, length) in Rows(whole.Shape))
            whole.Bytes.Span.Slice(at * size, length * size).CopyTo(bytes.AsSpan(to * size));
        return new(whole.Type, Shape.Of(_lengths), bytes);
    }

    public override string ToString() => string.Join(":", _starts.Zip(_lengths, (start, length) => $"{start},{length}"));

    /// <summary>Stretches of the last axis: where they begin in the whole and in the part, and their length.</summary>
    private IEnumerable<(int InWhole, int InPart, int Length)> Rows(Shape shape)
    {
        long[] strides = shape.Strides();
        int length = _lengths.Length == 0 ? 1 : (int)_lengths[^1];
        long rows = length == 0 ? 0 : Count / length;
        for (long row = 0; row < rows; row++)
        {
            long at = _starts.Length == 0 ? 0 : _starts[^1], rest = row;
            for (int axis = _lengths.Length - 2; axis >= 0; axis--)
            {
                at += (_starts[axis] + (rest % _lengths[axis])) * strides[axis];
                rest /= _lengths[axis];
            }
            yield return ((int)at, (int)(row * length), length);
        }
    }
}
