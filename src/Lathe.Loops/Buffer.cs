using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>A named, row-major block of elements that loops read and write: dense, or a part of a larger one.</summary>
public sealed record Buffer(string Name, DType Element, EquatableArray<long> Shape, BufferSpace Space = BufferSpace.Parameter)
{
    /// <summary>Where the buffer is a part of a larger one: elements between neighbours along each axis. None where it is dense.</summary>
    public EquatableArray<long> Strides { get; init; }

    public int Rank => Shape.Count;

    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long extent in Shape)
                count = checked(count * extent);
            return count;
        }
    }

    /// <summary>From the first element to the end of the last one.</summary>
    public long Bytes => checked((Strides.Count == 0 || ElementCount == 0 ? ElementCount : 1 + Shape.Zip(Strides, (extent, stride) => (extent - 1) * stride).Sum()) * Element.Size);

    /// <summary>Elements between neighbours along an axis.</summary>
    public long StrideOf(int axis) => Strides.Count > 0 ? Strides[axis] : Shape.Skip(axis + 1).Aggregate(1L, (n, extent) => n * extent);

    /// <summary>Reads an element, or a vector where the indices are vectors.</summary>
    public Expr this[params IEnumerable<Expr> indices] => new Load(this, indices.ToEquatableArray());

    public Stmt Store(IEnumerable<Expr> indices, Expr value)
    {
        var at = indices.ToEquatableArray();
        return new Store(this, at, Build.ToLanes(value, Build.LanesOf(at)));
    }

    public override string ToString() => $"{Name}: {Element.Name}[{string.Join(", ", Shape)}]{(Strides.Count > 0 ? $" strides [{string.Join(", ", Strides)}]" : "")}";
}
