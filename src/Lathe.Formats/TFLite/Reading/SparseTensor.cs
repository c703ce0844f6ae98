using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>
/// Tensors of which only some blocks are stored. Axes are visited in the traversal order: first those of the tensor (in units of blocks), then those of a
/// block. An axis is dense, or holds for each place of the axes before it where its entries begin (segments) and at which places they are (indices).
/// </summary>
internal sealed class SparseTensor
{
    /// <summary>The most elements that are made for one stored: what is sparser is not believed.</summary>
    private const long MaxExpansion = 4096;

    private readonly string _name;
    private readonly int[] _order;
    private readonly int[] _blockMap;
    private readonly long[] _dense;
    private readonly Axis[] _axes;
    private readonly Tensor _result;
    private readonly ReadOnlyMemory<byte> _values;
    private readonly long[] _strides;
    private long _next;

    private SparseTensor(FlatTable sparsity, string name, Tensor result, ReadOnlyMemory<byte> values)
    {
        (_name, _result, _values) = (name, result, values);
        _order = sparsity.Numbers<int>(0);
        _blockMap = sparsity.Numbers<int>(1);
        _axes = [.. sparsity.Tables(2).Select(t => new Axis(t))];
        _dense = result.Shape.ToArray();
        _strides = result.Shape.Strides();
        int axes = _dense.Length + _blockMap.Length;
        if (_axes.Length != axes || !_order.Order().SequenceEqual(Enumerable.Range(0, axes)) || _blockMap.Any(b => b < 0 || b >= _dense.Length))
            throw Wrong($"its {_axes.Length} axes, order [{string.Join(", ", _order)}] and blocks [{string.Join(", ", _blockMap)}] do not suit {result}");
    }

    public static Tensor Read(FlatTable sparsity, string name, DType type, Shape shape, ReadOnlyMemory<byte> values)
    {
        if (shape.ElementCount > (values.Length + 1L) * MaxExpansion)
            throw new ModelException("LATHE3210", $"the sparse tensor '{name}' {type.Name}{shape} stores only {values.Length} bytes");
        var result = Tensor.Zeros(type, shape);
        var sparse = new SparseTensor(sparsity, name, result, values);
        sparse.Visit(0, 0, new int[sparse._axes.Length]);
        return result;
    }

    private void Visit(int level, int parent, int[] at)
    {
        if (level == _axes.Length)
        {
            Store(at);
            return;
        }
        var axis = _axes[level];
        if (axis.Segments is null)
        {
            for (int i = 0; i < axis.DenseSize; i++)
            {
                at[level] = i;
                Visit(level + 1, checked((parent * axis.DenseSize) + i), at);
            }
            return;
        }
        if (parent + 1 >= axis.Segments.Length)
            throw Wrong($"axis {level} has {axis.Segments.Length} segments");
        for (int i = axis.Segments[parent]; i < axis.Segments[parent + 1]; i++)
        {
            if (i < 0 || i >= axis.Indices!.Length)
                throw Wrong($"axis {level} has {axis.Indices!.Length} indices");
            at[level] = axis.Indices[i];
            Visit(level + 1, i, at);
        }
    }

    private void Store(int[] at)
    {
        var place = new long[_dense.Length];
        int[] blocks = new int[_axes.Length];
        for (int level = 0; level < at.Length; level++)
            blocks[_order[level]] = at[level];
        for (int axis = 0; axis < place.Length; axis++)
            place[axis] = blocks[axis];
        for (int i = 0; i < _blockMap.Length; i++)
            place[_blockMap[i]] = (place[_blockMap[i]] * _axes[Array.IndexOf(_order, _dense.Length + i)].DenseSize) + blocks[_dense.Length + i];
        long flat = 0;
        for (int axis = 0; axis < place.Length; axis++)
        {
            if (place[axis] < 0 || place[axis] >= _dense[axis])
                throw Wrong($"an element stands at [{string.Join(", ", place)}]");
            flat += place[axis] * _strides[axis];
        }
        int size = _result.Type.Size;
        if ((_next + 1) * size > _values.Length)
            throw Wrong($"it stores {_values.Length} bytes");
        _values.Span.Slice((int)_next++ * size, size).CopyTo(_result.Bytes.Span[((int)flat * size)..]);
    }

    private ModelException Wrong(string what) => new("LATHE3210", $"the sparse tensor '{_name}' {_result} is not what its tables say: {what}");

    /// <summary>One level of the traversal; without segments every place is stored.</summary>
    private sealed class Axis
    {
        public Axis(FlatTable table)
        {
            DenseSize = table.Int(1);
            if (DenseSize < 0)
                throw FlatTable.Damaged($"has a sparse axis of {DenseSize}");
            if (table.Byte(0) != 0)
                (Segments, Indices) = (Vector(table.Byte(2), table.Table(3)), Vector(table.Byte(4), table.Table(5)));
        }

        public int DenseSize { get; }

        public int[]? Segments { get; }

        public int[]? Indices { get; }

        private static int[] Vector(byte kind, FlatTable? table) => (kind, table) switch
        {
            (1, { } t) => t.Numbers<int>(0),
            (2, { } t) => [.. t.Numbers<ushort>(0)],
            (3, { } t) => [.. t.Numbers<byte>(0)],
            _ => throw FlatTable.Damaged($"has a sparse axis with indices of kind {kind}"),
        };
    }
}
