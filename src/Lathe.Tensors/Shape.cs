using System.Collections;
using System.Runtime.CompilerServices;

namespace Lathe.Tensors;

/// <summary>The extents of a tensor, outermost first. The empty shape is a scalar's.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public sealed class Shape : IReadOnlyList<Dim>, IEquatable<Shape>
{
    private readonly EquatableArray<Dim> _dims;

    private Shape(EquatableArray<Dim> dims) => _dims = dims;

    public static Shape Scalar { get; } = new([]);

    public int Rank => _dims.Count;

    int IReadOnlyCollection<Dim>.Count => _dims.Count;

    /// <summary>The extent of an axis; negative axes are not accepted here, see <see cref="Axis"/>.</summary>
    public Dim this[int axis] => _dims[axis];

    public Dim this[Index axis] => _dims[axis];

    public bool IsKnown
    {
        get
        {
            foreach (var dim in _dims)
                if (!dim.IsKnown)
                    return false;
            return true;
        }
    }

    /// <summary>The number of elements. Throws when an extent is a symbol or the product does not fit 64 bits.</summary>
    public long ElementCount
    {
        get
        {
            Dim count = 1;
            foreach (var dim in _dims)
                count *= dim;
            return count.Value;
        }
    }

    public static Shape Create(ReadOnlySpan<Dim> dims) => new(EquatableArray.Create(dims));

    public static Shape Of(IEnumerable<long> extents) => new(extents.Select(d => (Dim)d).ToEquatableArray());

    public static Shape Of(params ReadOnlySpan<long> extents)
    {
        var dims = new Dim[extents.Length];
        for (int i = 0; i < dims.Length; i++)
            dims[i] = extents[i];
        return Create(dims);
    }

    /// <summary>The extents as numbers. Throws when one is a symbol.</summary>
    public long[] ToArray() => [.. _dims.Select(d => d.Value)];

    /// <summary>Row-major strides in elements.</summary>
    public long[] Strides()
    {
        var strides = new long[Rank];
        long stride = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride = checked(stride * Math.Max(1, _dims[i].Value));
        }
        return strides;
    }

    /// <summary>Resolves an axis that may count from the end (-1 is the last). Throws a <see cref="ModelException"/> when out of range.</summary>
    public int Axis(long axis)
    {
        long resolved = axis < 0 ? axis + Rank : axis;
        if (resolved < 0 || resolved >= Rank)
            throw new ModelException("LATHE1004", $"axis {axis} is out of range for the shape {this}");
        return (int)resolved;
    }

    public bool Equals(Shape? other) => other is not null && _dims == other._dims;

    public override bool Equals(object? obj) => Equals(obj as Shape);

    public override int GetHashCode() => _dims.GetHashCode();

    public static bool operator ==(Shape? a, Shape? b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(Shape? a, Shape? b) => !(a == b);

    public IEnumerator<Dim> GetEnumerator() => ((IEnumerable<Dim>)_dims).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>As the text forms write it: <c>[1,3,n]</c>.</summary>
    public override string ToString() => $"[{string.Join(",", _dims)}]";
}
