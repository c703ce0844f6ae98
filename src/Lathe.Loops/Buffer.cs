using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>A named, dense, row-major block of elements that loops read and write.</summary>
public sealed record Buffer(string Name, DType Element, EquatableArray<long> Shape, BufferSpace Space = BufferSpace.Parameter)
{
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

    public long Bytes => checked(ElementCount * Element.Size);

    /// <summary>Reads an element, or a vector where the indices are vectors.</summary>
    public Expr this[params IEnumerable<Expr> indices] => new Load(this, indices.ToEquatableArray());

    public Stmt Store(IEnumerable<Expr> indices, Expr value)
    {
        var at = indices.ToEquatableArray();
        return new Store(this, at, Build.ToLanes(value, Build.LanesOf(at)));
    }

    public override string ToString() => $"{Name}: {Element.Name}[{string.Join(", ", Shape)}]";
}
