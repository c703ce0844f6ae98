using System.Linq.Expressions;
using Lathe.Tensors;
using E = System.Linq.Expressions.Expression;

namespace Lathe.Loops.Managed;

/// <summary>Expressions of the loop language as expression trees: scalars over <see cref="Representation"/>, vectors by <see cref="VectorEmitter"/>.</summary>
internal sealed class ExprEmitter
{
    private readonly FunctionScope _scope;
    private readonly bool _boundsChecked;

    public ExprEmitter(FunctionScope scope, bool boundsChecked)
    {
        (_scope, _boundsChecked) = (scope, boundsChecked);
        Vectors = new VectorEmitter(scope, this);
    }

    public VectorEmitter Vectors { get; }

    public E Emit(Expr e) => e switch
    {
        { Lanes: > 1 } => Vectors.Emit(e),
        Horizontal h => Vectors.EmitHorizontal(h),
        IntConst c => Representation.Constant(c.Value, c.Of),
        FloatConst c => Representation.Constant(c.Value, c.Of),
        Var v => _scope.Lookup(v),
        Unary u => EmitUnary(u.Op, Emit(u.A), u.Element),
        Binary b => EmitBinary(b),
        Compare c => EmitCompare(c.Op, Emit(c.A), Emit(c.B)),
        Select s => EmitSelect(s),
        Cast c => Representation.Convert(Emit(c.A), c.A.Element, c.To),
        Bitcast c => Representation.Bitcast(Emit(c.A), c.A.Element, c.To),
        Load l => EmitLoad(l),
        FloorFma f => E.Call(Representation.Method(typeof(Arithmetic), nameof(Arithmetic.FloorFma), typeof(float), typeof(float), typeof(float)), Emit(f.A), Emit(f.B), Emit(f.C)),
        Call c => EmitCall(c),
        Let l => EmitLet(l),
        _ => throw new InternalException("LATHE4304", $"a {e.GetType().Name} cannot be in a scalar kernel"),
    };

    private static E EmitUnary(UnaryOp op, E a, DType type)
    {
        switch (op)
        {
            case UnaryOp.Neg:
                return Representation.Normalize(type.IsFloat ? E.Negate(a) : E.Subtract(Representation.Constant(0, type), a), type);
            case UnaryOp.Not:
                return Representation.Normalize(E.Not(a), type);
            case UnaryOp.Abs when type.IsUnsigned || type == DType.Bool:
                return a;
            case UnaryOp.Abs when type.IsInteger:
                return Representation.Normalize(E.Call(Representation.Method(typeof(Arithmetic), nameof(Arithmetic.Abs), a.Type), a), type);
        }
        if (!type.IsFloat)
        {
            return op is UnaryOp.Sqrt or UnaryOp.Reciprocal
                ? throw new InternalException("LATHE4305", $"{LoopWords.UnaryFunctions[op]} of {type.Name}")
                : a;
        }
        if (op == UnaryOp.Reciprocal)
            return Representation.Normalize(E.Divide(Representation.Constant(1, type), a), type);
        var library = a.Type == typeof(double) ? typeof(Math) : typeof(MathF);
        string name = op switch
        {
            UnaryOp.Abs => nameof(Math.Abs),
            UnaryOp.Sqrt => nameof(Math.Sqrt),
            UnaryOp.Floor => nameof(Math.Floor),
            UnaryOp.Ceil => nameof(Math.Ceiling),
            UnaryOp.RoundEven => nameof(Math.Round),
            _ => nameof(Math.Truncate),
        };
        return Representation.Normalize(E.Call(Representation.Method(library, name, a.Type), a), type);
    }

    private E EmitBinary(Binary e)
    {
        var (type, a) = (e.Element, Emit(e.A));
        if (type is not (DType.Bool or DType.UInt64) && !type.IsFloat && e.B is IntConst { Value: > 0 and var divisor } && ByConstant(e.Op, a, divisor, type) is { } cheap)
            return cheap;
        var b = Emit(e.B);
        if (type == DType.Bool && e.Op is not (BinaryOp.And or BinaryOp.Or or BinaryOp.Xor or BinaryOp.Min or BinaryOp.Max))
            return OnBool(e.Op, a, b);
        E result = e.Op switch
        {
            BinaryOp.Add => E.Add(a, b),
            BinaryOp.Sub => E.Subtract(a, b),
            BinaryOp.Mul => E.Multiply(a, b),
            BinaryOp.Div when type.IsFloat => E.Divide(a, b),
            BinaryOp.Rem when type.IsFloat => E.Modulo(a, b),
            BinaryOp.FloorDiv when type.IsUnsigned => Helper(nameof(Arithmetic.Div), a, b),
            BinaryOp.FloorMod when type.IsUnsigned => Helper(nameof(Arithmetic.Rem), a, b),
            BinaryOp.And => E.And(a, b),
            BinaryOp.Or => E.Or(a, b),
            BinaryOp.Xor => E.ExclusiveOr(a, b),
            BinaryOp.Shl => E.LeftShift(a, E.Convert(b, typeof(int))),
            BinaryOp.Shr => E.RightShift(a, E.Convert(b, typeof(int))),
            _ => Helper(e.Op.ToString(), a, b),
        };
        return e.Op is BinaryOp.Min or BinaryOp.Max ? result : Representation.Normalize(result, type);
    }

    /// <summary>Division by a positive constant, without the tests for 0 and -1.</summary>
    private static E? ByConstant(BinaryOp op, E a, long divisor, DType type)
    {
        var b = Representation.Constant(divisor, type);
        bool power = (divisor & (divisor - 1)) == 0;
        int shift = System.Numerics.BitOperations.TrailingZeroCount(divisor);
        return op switch
        {
            BinaryOp.FloorDiv when power => E.RightShift(a, E.Constant(shift)),
            BinaryOp.FloorMod when power => E.And(a, Representation.Constant(divisor - 1, type)),
            BinaryOp.Div => E.Divide(a, b),
            BinaryOp.Rem => E.Modulo(a, b),
            BinaryOp.FloorDiv when type.IsUnsigned => E.Divide(a, b),
            BinaryOp.FloorMod when type.IsUnsigned => E.Modulo(a, b),
            BinaryOp.FloorDiv => Helper(nameof(Arithmetic.FloorDivByPositive), a, b),
            BinaryOp.FloorMod => Helper(nameof(Arithmetic.FloorModByPositive), a, b),
            _ => null,
        };
    }

    private static BinaryExpression OnBool(BinaryOp op, E a, E b)
    {
        (a, b) = (Representation.Convert(a, DType.Bool, DType.Int32), Representation.Convert(b, DType.Bool, DType.Int32));
        E result = op switch
        {
            BinaryOp.Add => E.Add(a, b),
            BinaryOp.Sub => E.Subtract(a, b),
            BinaryOp.Mul => E.Multiply(a, b),
            _ => throw new InternalException("LATHE4306", $"{op} of bool"),
        };
        return E.NotEqual(result, E.Constant(0));
    }

    private static BinaryExpression EmitCompare(CompareOp op, E a, E b)
    {
        if (a.Type == typeof(bool) && op is CompareOp.Less or CompareOp.LessEqual)
            (a, b) = (Representation.Convert(a, DType.Bool, DType.Int32), Representation.Convert(b, DType.Bool, DType.Int32));
        return op switch
        {
            CompareOp.Equal => E.Equal(a, b),
            CompareOp.NotEqual => E.NotEqual(a, b),
            CompareOp.Less => E.LessThan(a, b),
            _ => E.LessThanOrEqual(a, b),
        };
    }

    private E EmitSelect(Select s)
    {
        var (condition, then, otherwise) = (Emit(s.Condition), Emit(s.Then), Emit(s.Else));
        if (!_boundsChecked)
            return E.Condition(condition, then, otherwise);
        // Both arms run, as they may on other targets, so that their loads are checked.
        var (a, b) = (E.Variable(then.Type), E.Variable(then.Type));
        return E.Block([a, b], E.Assign(a, then), E.Assign(b, otherwise), E.Condition(condition, a, b));
    }

    private E EmitLoad(Load l)
    {
        if (_scope.Register(l.Buffer, l.Indices) is { } register)
            return register;
        var (address, index) = _scope.Address(this, l.Buffer, l.Indices);
        return Representation.Load(l.Buffer.Element, address, index);
    }

    private E EmitCall(Call c)
    {
        var type = c.Element;
        if (!type.IsFloat)
            throw new InternalException("LATHE4307", $"{c.Function} of {type.Name}");
        var arguments = c.Arguments.Select(Emit).ToArray();
        if (c.Function == Intrinsic.Fma)
        {
            var native = arguments[0].Type;
            var library = native == typeof(double) ? typeof(Math) : typeof(MathF);
            return Representation.Normalize(E.Call(Representation.Method(library, nameof(Math.FusedMultiplyAdd), native, native, native), arguments), type);
        }
        bool isDouble = type == DType.Float64;
        var wide = arguments.Select(a => isDouble ? a : E.Convert(a, typeof(double))).ToArray();
        var owner = c.Function is Intrinsic.Erf or Intrinsic.NormalCdf or Intrinsic.Sigmoid ? typeof(Functions) : typeof(Math);
        var method = Representation.Method(owner, c.Function.ToString(), [.. wide.Select(a => a.Type)]);
        E result = E.Call(method, wide);
        return isDouble ? result : Representation.Normalize(E.Convert(result, typeof(float)), type);
    }

    public BlockExpression EmitLet(Let l)
    {
        var value = Emit(l.Value);
        var variable = E.Variable(value.Type, l.Name.Name);
        _scope.BindInExpression(l.Name, variable);
        return E.Block([variable], E.Assign(variable, value), Emit(l.Body));
    }

    private static MethodCallExpression Helper(string name, E a, E b) =>
        E.Call(Representation.Method(typeof(Arithmetic), name, a.Type, b.Type), a, b);
}
