using System.Linq.Expressions;
using System.Runtime.Intrinsics;
using Lathe.Tensors;
using E = System.Linq.Expressions.Expression;

namespace Lathe.Loops.Managed;

/// <summary>
/// Vector expressions as operations on Vector128, Vector256 and Vector512, for what <see cref="VectorSupport"/> admits. A
/// vector of bools is a mask: all bits of a lane set or none, as a vector of int32.
/// </summary>
internal sealed class VectorEmitter(FunctionScope scope, ExprEmitter scalars)
{
    public static Type TypeOf(ExprType type)
    {
        var element = type.Element == DType.Float32 ? typeof(float) : typeof(int);
        return type.Lanes switch
        {
            4 => typeof(Vector128<>).MakeGenericType(element),
            8 => typeof(Vector256<>).MakeGenericType(element),
            _ => typeof(Vector512<>).MakeGenericType(element),
        };
    }

    public E Emit(Expr e) => e switch
    {
        Var v => scope.Lookup(v),
        Load l => EmitLoad(l),
        Broadcast b => EmitBroadcast(b),
        Unary u => EmitUnary(u, Emit(u.A)),
        Binary { Op: BinaryOp.Min } b => Extremum("LessThan", b),
        Binary { Op: BinaryOp.Max } b => Extremum("GreaterThan", b),
        Binary { Op: BinaryOp.Shl or BinaryOp.Shr, B: Broadcast { A: IntConst by } } b =>
            E.Call(Owner(b.Lanes), b.Op == BinaryOp.Shl ? "ShiftLeft" : "ShiftRightArithmetic", null, Emit(b.A), E.Constant((int)by.Value)),
        Binary b => EmitBinary(b.Op, Emit(b.A), Emit(b.B)),
        Compare c => EmitCompare(c),
        Select s => Choose(Emit(s.Condition), Emit(s.Then), Emit(s.Else), s.Type),
        Cast c => E.Call(Owner(c.Lanes), c.To == DType.Float32 ? "ConvertToSingle" : "ConvertToInt32", null, Emit(c.A)),
        Bitcast c => c.To == c.A.Element ? Emit(c.A) : c.To == DType.Float32 ? AsSingle(Emit(c.A), c.Lanes) : AsInt32(Emit(c.A), c.Lanes),
        Call { Function: Intrinsic.Fma } c => E.Call(Owner(c.Lanes), "FusedMultiplyAdd", null, [.. c.Arguments.Select(Emit)]),
        Call c => EmitCall(c),
        Let l => scalars.EmitLet(l),
        _ => throw new InternalException("LATHE4316", $"a {e.GetType().Name} cannot be in a vector statement"),
    };

    public E EmitHorizontal(Horizontal h)
    {
        var vector = Emit(h.A);
        if (h.Op == ReduceOp.Sum)
            return E.Call(Owner(h.A.Lanes), "Sum", [Native(h.Element)], vector);
        var bound = E.Variable(vector.Type);
        E result = Lane(0);
        for (int i = 1; i < h.A.Lanes; i++)
        {
            result = h.Op == ReduceOp.Product
                ? E.Multiply(result, Lane(i))
                : E.Call(Representation.Method(typeof(Arithmetic), h.Op.ToString(), result.Type, result.Type), result, Lane(i));
        }
        return E.Block([bound], E.Assign(bound, vector), result);

        MethodCallExpression Lane(int i) => E.Call(Owner(h.A.Lanes), "GetElement", [Native(h.Element)], bound, E.Constant(i));
    }

    public E EmitStore(Store s)
    {
        var value = Emit(s.Value);
        if (scope.Register(s.Buffer, s.Indices) is { } register)
            return E.Assign(register, value);
        var (address, index) = scope.Address(scalars, s.Buffer, Scalar(s.Indices));
        return E.Call(typeof(Memory), $"Store{8 * 4 * s.Value.Lanes}", [Native(s.Buffer.Element)], address, index, value);
    }

    private E EmitLoad(Load l)
    {
        if (scope.Register(l.Buffer, l.Indices) is { } register)
            return register;
        var (address, index) = scope.Address(scalars, l.Buffer, Scalar(l.Indices));
        return E.Call(typeof(Memory), $"Load{8 * 4 * l.Lanes}", [Native(l.Element)], address, index);
    }

    private static EquatableArray<Expr> Scalar(EquatableArray<Expr> indices) => indices.Select(i => i is Ramp r ? r.Base : i).ToEquatableArray();

    private MethodCallExpression EmitBroadcast(Broadcast b)
    {
        var value = scalars.Emit(b.A);
        if (b.Element == DType.Bool)
            value = E.Condition(value, E.Constant(-1), E.Constant(0));
        return E.Call(Owner(b.Count), "Create", null, value);
    }

    private static E EmitUnary(Unary u, E a)
    {
        if (u.Op == UnaryOp.Neg)
            return E.Negate(a);
        if (u.Op == UnaryOp.Not)
            return E.OnesComplement(a);
        return u.Op switch
        {
            UnaryOp.Reciprocal => E.Divide(E.Call(Owner(u.Lanes), "Create", null, E.Constant(1f)), a),
            UnaryOp.Abs => E.Call(Owner(u.Lanes), "Abs", [Native(u.Element)], a),
            UnaryOp.Sqrt => E.Call(Owner(u.Lanes), "Sqrt", [typeof(float)], a),
            UnaryOp.Floor => E.Call(Owner(u.Lanes), "Floor", null, a),
            UnaryOp.Ceil => E.Call(Owner(u.Lanes), "Ceiling", null, a),
            UnaryOp.RoundEven => E.Call(Owner(u.Lanes), "Round", null, a),
            _ => E.Call(Owner(u.Lanes), "Truncate", null, a),
        };
    }

    private static BinaryExpression EmitBinary(BinaryOp op, E a, E b) => op switch
    {
        BinaryOp.Add => E.Add(a, b),
        BinaryOp.Sub => E.Subtract(a, b),
        BinaryOp.Mul => E.Multiply(a, b),
        BinaryOp.Div => E.Divide(a, b),
        BinaryOp.And => E.And(a, b),
        BinaryOp.Or => E.Or(a, b),
        _ => E.ExclusiveOr(a, b),
    };

    private BlockExpression Extremum(string comparison, Binary e)
    {
        var (a, b) = (E.Variable(TypeOf(e.Type)), E.Variable(TypeOf(e.Type)));
        E first = E.Call(Owner(e.Lanes), comparison, [Native(e.Element)], a, b);
        return E.Block([a, b], E.Assign(a, Emit(e.A)), E.Assign(b, Emit(e.B)), E.Call(Owner(e.Lanes), "ConditionalSelect", [Native(e.Element)], first, a, b));
    }

    private E EmitCompare(Compare c)
    {
        string name = c.Op switch
        {
            CompareOp.Less => "LessThan",
            CompareOp.LessEqual => "LessThanOrEqual",
            _ => "Equals",
        };
        E mask = AsInt32(E.Call(Owner(c.Lanes), name, [Native(c.A.Element)], Emit(c.A), Emit(c.B)), c.Lanes);
        return c.Op == CompareOp.NotEqual ? E.OnesComplement(mask) : mask;
    }

    private static MethodCallExpression Choose(E mask, E then, E otherwise, ExprType type) =>
        E.Call(
            Owner(type.Lanes), "ConditionalSelect", [Native(type.Element)],
            type.Element == DType.Float32 ? AsSingle(mask, type.Lanes) : mask, then, otherwise);

    private MethodCallExpression EmitCall(Call c)
    {
        var owner = c.Function is Intrinsic.Erf or Intrinsic.NormalCdf or Intrinsic.Sigmoid ? typeof(Functions) : typeof(Math);
        var function = Representation.Method(owner, c.Function.ToString(), typeof(double)).CreateDelegate<Func<double, double>>();
        return E.Call(typeof(Lanewise), nameof(Lanewise.Apply), null, Emit(c.Arguments[0]), E.Constant(function));
    }

    private static MethodCallExpression AsSingle(E a, int lanes) => E.Call(Owner(lanes), "AsSingle", [typeof(int)], a);

    private static E AsInt32(E a, int lanes) =>
        a.Type.GetGenericArguments()[0] == typeof(int) ? a : E.Call(Owner(lanes), "AsInt32", [typeof(float)], a);

    private static Type Native(DType element) => element == DType.Float32 ? typeof(float) : typeof(int);

    private static Type Owner(int lanes) => lanes switch
    {
        4 => typeof(Vector128),
        8 => typeof(Vector256),
        _ => typeof(Vector512),
    };
}
