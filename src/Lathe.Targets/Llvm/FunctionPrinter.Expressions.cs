using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    /// <summary>Writes the instructions of an expression. One that is shared is computed once a scope.</summary>
    private IrValue Emit(Expr expr)
    {
        switch (expr)
        {
            case IntConst c:
                return new IrValue(IrType.Constant(c.Value, c.Of), c.Type, true, c.Value >= 0);
            case FloatConst c:
                return new IrValue(IrType.Constant(c.Value, c.Of), c.Type);
            case Var v:
                return _variables.TryGetValue(v, out var bound)
                    ? bound.Value
                    : throw Bug("LATHE4221", $"{_function}: the variable {v.Name} is not bound");
        }
        if (_known.TryGetValue(expr, out var known) && (!known.Reads || known.Epoch == _epoch))
        {
            _loads += known.Reads ? 1 : 0;
            return known.Value;
        }
        int loads = _loads;
        var value = EmitNew(expr);
        if (!_known.ContainsKey(expr))
            _scopes.Peek().Add(expr);
        _known[expr] = (value, loads != _loads, _epoch);
        return value;
    }

    private IrValue EmitNew(Expr expr) => expr switch
    {
        Unary u => Unary(u.Op, Emit(u.A)),
        Binary b => Binary(b.Op, Emit(b.A), Emit(b.B)),
        Compare c => Compare(c.Op, Emit(c.A), Emit(c.B)),
        Select s => Select(Emit(s.Condition), Emit(s.Then), Emit(s.Else)),
        Cast { To: DType.Int32, Lanes: >= 4 } c when HighProduct(c) is { } product => product,
        Cast c => Convert(Emit(c.A), c.To),
        Bitcast b => Reinterpret(Emit(b.A), b.To),
        Load l => Load(l),
        Ramp r => Ramp(Emit(r.Base), Emit(r.Stride), r.Count),
        Broadcast b => Spread(Emit(b.A), b.Count),
        Horizontal h => Horizontal(h.Op, Emit(h.A)),
        Loops.Shuffle s => Shuffle(Emit(s.A), Emit(s.B), s.Picks),
        Dot4 d => Dot(Emit(d.Sum), Emit(d.Data), Emit(d.Weights)),
        FloorFma f => FloorFma(Emit(f.A), Emit(f.B), Emit(f.C)),
        Pack p => Pack(p.To, [Emit(p.A), Emit(p.B), Emit(p.C), Emit(p.D)]),
        Call { Function: Loops.Intrinsic.Fma } c => Fma(Emit(c.Arguments[0]), Emit(c.Arguments[1]), Emit(c.Arguments[2])),
        Call c => throw Bug("LATHE4222", $"{_function}: {c.Function} has not been expanded"),
        Let l => Let(l),
        _ => throw Bug("LATHE4223", $"{_function}: {expr.GetType().Name} cannot be compiled"),
    };

    private IrValue Let(Let let)
    {
        Bind(let.Name, Emit(let.Value));
        OpenScope(isControl: false);
        var value = Emit(let.Body);
        CloseScope(isControl: false);
        return value;
    }

    private void Bind(Var v, IrValue value, bool isComputed = true) => _variables[v] = (value, _depth, isComputed);

    private IrValue Select(IrValue condition, IrValue then, IrValue otherwise) =>
        condition.Text switch
        {
            "true" => then,
            "false" => otherwise,
            _ => Choose(condition, then, otherwise) with
            {
                IsIndex = then.IsIndex && otherwise.IsIndex,
                IsNonNegative = then.IsNonNegative && otherwise.IsNonNegative,
            },
        };

    private IrValue Reinterpret(IrValue a, DType to)
    {
        var type = a.Type.WithElement(to);
        if (a.Element == DType.Bool || to == DType.Bool)
            return Convert(a, to);
        return IrType.Of(a.Type) == IrType.Of(type)
            ? new IrValue(a.Text, type)
            : Op(type, $"bitcast {a.Typed} to {IrType.Of(type)}");
    }

    private IrValue Ramp(IrValue start, IrValue stride, int count)
    {
        var type = start.Type with { Lanes = count };
        string steps = string.Join(", ", Enumerable.Range(0, count).Select(k => $"{IrType.Of(start.Type)} {k}"));
        var offsets = new IrValue($"<{steps}>", type, true, true);
        if (stride.Literal != 1)
            offsets = Binary(BinaryOp.Mul, offsets with { Text = offsets.Text }, Spread(stride, count));
        return Binary(BinaryOp.Add, Spread(start, count), offsets);
    }

    /// <summary>Combines halves, so that the number of dependent steps is the logarithm of the lanes.</summary>
    private IrValue Horizontal(ReduceOp op, IrValue a)
    {
        IrValue? rest = null;
        while (a.Lanes > 1)
        {
            int half = a.Lanes / 2;
            if (a.Lanes % 2 == 1)
            {
                var last = Extract(a, a.Lanes - 1);
                rest = rest is { } r ? Combine(op, r, last) : last;
            }
            var low = Half(a, 0, half);
            var high = Half(a, half, half);
            a = Combine(op, low, high);
        }
        return rest is { } odd ? Combine(op, a, odd) : a;
    }

    private IrValue Half(IrValue a, int from, int count) =>
        count == 1 ? Extract(a, from) : Shuffle(a, a with { Text = "poison" }, [.. Enumerable.Range(from, count)]);

    private IrValue Combine(ReduceOp op, IrValue a, IrValue b) => Binary(
        op switch
        {
            ReduceOp.Sum => BinaryOp.Add,
            ReduceOp.Product => BinaryOp.Mul,
            ReduceOp.Min => BinaryOp.Min,
            _ => BinaryOp.Max,
        }, a, b);
}
