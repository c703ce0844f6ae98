using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    /// <summary>A flat element offset from a pointer, or from where the buffer begins: lane k is at Start + k * Stride, or at lane k of Vector where the lanes follow no such rule.</summary>
    private readonly record struct Address(IrValue Start, IrValue? Stride, IrValue? Vector, string? Root);

    private IrValue Load(Load load)
    {
        _loads++;
        var (type, buffer) = (load.Type, load.Buffer);
        var address = Locate(buffer, load.Indices, type.Lanes);
        if (type.Lanes == 1)
            return LoadAt(buffer, address.Start, 1, address.Root);
        if (address.Stride?.Literal is { } stride)
        {
            switch (stride)
            {
                case 0:
                    return Spread(LoadAt(buffer, address.Start, 1, address.Root), type.Lanes);
                case 1:
                    return LoadAt(buffer, address.Start, type.Lanes, address.Root);
                case -1:
                    var reversed = LoadAt(buffer, Offset(address.Start, 1 - type.Lanes), type.Lanes, address.Root);
                    return Shuffle(reversed, reversed, [.. Enumerable.Range(0, type.Lanes).Select(k => type.Lanes - 1 - k)]);
                case 2:
                    return LoadEverySecond(buffer, address.Start, type.Lanes, address.Root);
            }
        }
        return Build([.. Lanes(address, type.Lanes).Select(at => LoadAt(buffer, at, 1, address.Root))]);
    }

    private void Store(Store store)
    {
        var buffer = store.Buffer;
        var value = Emit(store.Value);
        int lanes = Loops.Build.LanesOf(store.Indices);
        if (value.Lanes != lanes || value.Element != buffer.Element)
            throw Bug("LATHE4226", $"{_function}: a value {value.Type} is stored in {buffer} with {lanes} lanes");
        var address = Locate(buffer, store.Indices, lanes);
        _epoch++;
        if (lanes == 1 || address.Stride?.Literal == 1)
        {
            StoreAt(buffer, address.Start, value, address.Root);
            return;
        }
        int lane = 0;
        foreach (var at in Lanes(address, lanes))
            StoreAt(buffer, at, Extract(value, lane++), address.Root);
    }

    /// <summary>Into the nearest cache. Asking to read serves a later write too: nobody else has the line.</summary>
    private void Prefetch(Prefetch prefetch)
    {
        var address = Locate(prefetch.Buffer, prefetch.Indices, 1);
        string name = _module.Declare("llvm.prefetch.p0", "void", "ptr", "i32", "i32", "i32");
        Line($"call void @{name}(ptr {Pointer(prefetch.Buffer, address.Start, address.Root)}, i32 0, i32 3, i32 1)");
    }

    private IrValue LoadAt(Buffer buffer, IrValue at, int lanes, string? root = null)
    {
        var type = new ExprType(buffer.Element, lanes);
        string memory = IrType.InMemory(type);
        var value = Op(type, $"load {memory}, ptr {Pointer(buffer, at, root)}, align {buffer.Element.Size}");
        return buffer.Element == DType.Bool ? Op(type, $"icmp ne {memory} {value.Text}, zeroinitializer") : value;
    }

    private void StoreAt(Buffer buffer, IrValue at, IrValue value, string? root = null)
    {
        string memory = IrType.InMemory(value.Type);
        if (value.Element == DType.Bool)
            value = Op(value.Type, $"zext {value.Typed} to {memory}");
        Line($"store {memory} {value.Text}, ptr {Pointer(buffer, at, root)}, align {buffer.Element.Size}");
    }

    /// <summary>Elements 0, 2, 4 ... from two loads of consecutive ones that stay between the first and the last.</summary>
    private IrValue LoadEverySecond(Buffer buffer, IrValue start, int lanes, string? root)
    {
        // Of a local buffer that was stored by whole vectors, whole vectors are registers.
        if (buffer.Space == BufferSpace.Local && start.Literal is { } at && (at % lanes) is 0 or 1 && at - (at % lanes) + (2 * lanes) <= buffer.ElementCount)
        {
            int odd = (int)(at % lanes);
            return Shuffle(
                LoadAt(buffer, IrValue.Integer(at - odd), lanes), LoadAt(buffer, IrValue.Integer(at - odd + lanes), lanes), [.. Enumerable.Range(0, lanes).Select(k => (2 * k) + odd)]);
        }
        var low = LoadAt(buffer, start, lanes, root);
        var high = LoadAt(buffer, Offset(start, lanes - 1), lanes, root);
        return Shuffle(low, high, [.. Enumerable.Range(0, lanes).Select(k => 2 * k < lanes ? 2 * k : lanes + (2 * k) - (lanes - 1))]);
    }

    private IrValue Offset(IrValue start, long by) => Binary(BinaryOp.Add, start, IrValue.Integer(by));

    private IEnumerable<IrValue> Lanes(Address address, int lanes)
    {
        for (int k = 0; k < lanes; k++)
        {
            yield return address switch
            {
                { Vector: { } vector } => Extract(vector, k),
                { Stride: { } stride } => Binary(BinaryOp.Add, address.Start, Binary(BinaryOp.Mul, stride, IrValue.Integer(k))),
                _ => address.Start,
            };
        }
    }

    private string Pointer(Buffer buffer, IrValue at, string? root)
    {
        string pointer = root ?? PointerTo(buffer);
        return at.Literal == 0
            ? pointer
            : Op(ExprType.Index, $"getelementptr {(root is null ? "inbounds " : "")}{IrType.InMemory(buffer.Element)}, ptr {pointer}, {at.Typed}").Text;
    }

    private string? Root(Buffer buffer, LinearSum outer)
    {
        var at = Sum(outer);
        return at.Literal == 0 ? null : Op(ExprType.Index, $"getelementptr {IrType.InMemory(buffer.Element)}, ptr {PointerTo(buffer)}, {at.Typed}").Text;
    }

    private string PointerTo(Buffer buffer) => _buffers.TryGetValue(buffer.Name, out string? pointer) ? pointer
        : throw Bug("LATHE4227", $"{_function}: the buffer {buffer.Name} is not a parameter and not allocated");

    private Address Locate(Buffer buffer, EquatableArray<Expr> indices, int lanes)
    {
        if (indices.Count != buffer.Rank)
            throw Bug("LATHE4228", $"{_function}: {buffer} is read or written with {indices.Count} indices");
        var start = new LinearSum();
        var stride = new LinearSum();
        IrValue? scattered = null;
        for (int axis = buffer.Rank - 1; axis >= 0; axis--)
        {
            long scale = buffer.StrideOf(axis);
            switch (indices[axis])
            {
                case Ramp ramp:
                    AddLinear(start, ramp.Base, scale);
                    AddLinear(stride, ramp.Stride, scale);
                    break;
                case Broadcast broadcast:
                    AddLinear(start, broadcast.A, scale);
                    break;
                case { Lanes: 1 } scalar:
                    AddLinear(start, scalar, scale);
                    break;
                case var vector:
                    var scaled = Binary(BinaryOp.Mul, AsIndex(Emit(vector)), Spread(IrValue.Integer(scale), lanes));
                    scattered = scattered is { } sum ? Binary(BinaryOp.Add, sum, scaled) : scaled;
                    break;
            }
        }
        string? root = scattered is null ? Root(buffer, start.TakeOuter()) : null;
        var first = Sum(start);
        if (scattered is not { } others)
            return new Address(first, lanes > 1 ? Sum(stride) : null, null, root);
        var regular = Ramp(first, Sum(stride), lanes);
        return new Address(first, null, Binary(BinaryOp.Add, regular, others), null);
    }

    private void AddTerm(LinearSum sum, IrValue value, long factor, Var? variable)
    {
        if (variable is not null && _variables.TryGetValue(variable, out var bound))
            sum.Add(value, factor, bound.Depth, bound.IsComputed);
        else
            sum.Add(value, factor, int.MaxValue, false);
    }

    private IrValue AsIndex(IrValue value) => Convert(value, DType.Int64);

    private IrValue Sum(LinearSum sum)
    {
        IrValue? total = null;
        foreach (var (term, factor) in sum.Terms)
        {
            var product = factor == 1 ? term : Binary(BinaryOp.Mul, term, IrValue.Integer(factor));
            total = total is { } t ? Binary(BinaryOp.Add, t, product) : product;
        }
        if (total is not { } result)
            return IrValue.Integer(sum.Constant);
        return sum.Constant == 0 ? result : Binary(BinaryOp.Add, result, IrValue.Integer(sum.Constant));
    }

    /// <summary>
    /// Adds an index times a factor, taken apart into terms and a constant, so that the elements of a tile share all but
    /// the constant of their addresses.
    /// </summary>
    private void AddLinear(LinearSum sum, Expr expr, long factor)
    {
        switch (expr)
        {
            case Binary { Op: BinaryOp.Add } add when add.Element == DType.Int64:
                AddLinear(sum, add.A, factor);
                AddLinear(sum, add.B, factor);
                break;
            case Binary { Op: BinaryOp.Sub } sub when sub.Element == DType.Int64:
                AddLinear(sum, sub.A, factor);
                AddLinear(sum, sub.B, -factor);
                break;
            case Binary { Op: BinaryOp.Mul, B: IntConst by } mul when mul.Element == DType.Int64:
                AddLinear(sum, mul.A, factor * by.Value);
                break;
            case Binary { Op: BinaryOp.Mul, A: IntConst by } mul when mul.Element == DType.Int64:
                AddLinear(sum, mul.B, factor * by.Value);
                break;
            default:
                var value = AsIndex(Emit(expr));
                if (value.Literal is { } literal)
                    sum.Constant += literal * factor;
                else
                    AddTerm(sum, value, factor, expr as Var);
                break;
        }
    }
}
