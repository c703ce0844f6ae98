using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// An expression of the loop language: a value without side effects. Operators build expressions, fold what is already
/// known and broadcast a scalar that meets a vector. Both operands of an operation have the same type.
/// </summary>
public abstract record Expr
{
    public abstract ExprType Type { get; }

    public DType Element => Type.Element;

    public int Lanes => Type.Lanes;

    public static implicit operator Expr(long value) => new IntConst(value, DType.Int64);

    public static Expr operator +(Expr a, Expr b) => Build.Binary(BinaryOp.Add, a, b);

    public static Expr operator -(Expr a, Expr b) => Build.Binary(BinaryOp.Sub, a, b);

    public static Expr operator *(Expr a, Expr b) => Build.Binary(BinaryOp.Mul, a, b);

    /// <summary>True division on floats, truncating on integers. For indices use <see cref="Build.FloorDiv"/>.</summary>
    public static Expr operator /(Expr a, Expr b) => Build.Binary(BinaryOp.Div, a, b);

    public static Expr operator &(Expr a, Expr b) => Build.Binary(BinaryOp.And, a, b);

    public static Expr operator |(Expr a, Expr b) => Build.Binary(BinaryOp.Or, a, b);

    public static Expr operator ^(Expr a, Expr b) => Build.Binary(BinaryOp.Xor, a, b);

    public static Expr operator -(Expr a) => Build.Unary(UnaryOp.Neg, a);

    public static Expr operator !(Expr a) => Build.Unary(UnaryOp.Not, a);

    public static Expr operator <(Expr a, Expr b) => Build.Compare(CompareOp.Less, a, b);

    public static Expr operator <=(Expr a, Expr b) => Build.Compare(CompareOp.LessEqual, a, b);

    public static Expr operator >(Expr a, Expr b) => Build.Compare(CompareOp.Less, b, a);

    public static Expr operator >=(Expr a, Expr b) => Build.Compare(CompareOp.LessEqual, b, a);

    public sealed override string ToString() => LoopText.Print(this);
}

/// <summary>An integer or bool (0 or 1) constant.</summary>
public sealed record IntConst(long Value, DType Of) : Expr
{
    public override ExprType Type => new(Of);
}

/// <summary>
/// A float constant; its value is rounded to <paramref name="Of"/> when used. 0 and -0 are different constants, and all NaNs are equal.
/// </summary>
public sealed record FloatConst(double Value, DType Of) : Expr
{
    public override ExprType Type => new(Of);

    public bool Equals(FloatConst? other) =>
        other is not null && Of == other.Of && Value.Equals(other.Value)
        && (double.IsNaN(Value) || double.IsNegative(Value) == double.IsNegative(other.Value));

    public override int GetHashCode() => HashCode.Combine(Value, Of);
}

/// <summary>A variable bound by a loop, a let or a reduction. No two variables in scope at once share a name.</summary>
public sealed record Var(string Name, ExprType Of) : Expr
{
    /// <summary>A loop variable.</summary>
    public Var(string name) : this(name, ExprType.Index)
    {
    }

    public override ExprType Type => Of;
}

public sealed record Unary(UnaryOp Op, Expr A) : Expr
{
    public override ExprType Type => A.Type;
}

public sealed record Binary(BinaryOp Op, Expr A, Expr B) : Expr
{
    public override ExprType Type => A.Type;
}

/// <summary>A comparison; its type is bool of the operands' lanes. Comparisons with NaN are false, except NotEqual.</summary>
public sealed record Compare(CompareOp Op, Expr A, Expr B) : Expr
{
    public override ExprType Type => A.Type.WithElement(DType.Bool);
}

/// <summary>
/// Lane-wise choice. Both arms are evaluated, so loads in an arm must be in bounds whatever the condition
/// (see <see cref="Build.Clamp"/>).
/// </summary>
public sealed record Select(Expr Condition, Expr Then, Expr Else) : Expr
{
    public override ExprType Type => Then.Type;
}

/// <summary>Conversion by value. Float to integer truncates and saturates, NaN gives 0; to bool is "not zero"; integers wrap.</summary>
public sealed record Cast(DType To, Expr A) : Expr
{
    public override ExprType Type => A.Type.WithElement(To);
}

/// <summary>The same bits as another element type of the same size.</summary>
public sealed record Bitcast(DType To, Expr A) : Expr
{
    public override ExprType Type => A.Type.WithElement(To);
}

/// <summary>
/// Reads <c>Buffer[Indices]</c>. One index an axis; if indices are vectors the load has their lanes: consecutive
/// elements when the last index is a ramp of stride 1 and the others are scalars, else a gather.
/// </summary>
public sealed record Load(Buffer Buffer, EquatableArray<Expr> Indices) : Expr
{
    public override ExprType Type => new(Buffer.Element, Build.LanesOf(Indices));
}

/// <summary>The vector <c>base, base + stride, base + 2*stride ...</c> of integers.</summary>
public sealed record Ramp(Expr Base, Expr Stride, int Count) : Expr
{
    public override ExprType Type => new(Base.Element, Count);
}

/// <summary>A vector of equal lanes.</summary>
public sealed record Broadcast(Expr A, int Count) : Expr
{
    public override ExprType Type => new(A.Element, Count);
}

/// <summary>All lanes of a vector combined into a scalar, in an order that the target chooses.</summary>
public sealed record Horizontal(ReduceOp Op, Expr A) : Expr
{
    public override ExprType Type => new(A.Element);
}

/// <summary>
/// A vector of lanes picked from two others of one type: lane i is lane <c>Picks[i]</c> of A's lanes with B's after them.
/// </summary>
public sealed record Shuffle(Expr A, Expr B, EquatableArray<int> Picks) : Expr
{
    public override ExprType Type => A.Type with { Lanes = Picks.Count };
}

/// <summary>
/// Products of bytes summed in i32: lane i of the sum plus the four products of bytes 4i to 4i + 3 of data and weights, where data of four lanes are
/// the same for every lane of the sum. Data are u8 or i8, weights i8; sums wrap. Processors have one instruction for it, at four times the rate of floats.
/// </summary>
public sealed record Dot4(Expr Sum, Expr Data, Expr Weights) : Expr
{
    /// <summary>Products in a lane.</summary>
    public const int Width = 4;

    public override ExprType Type => Sum.Type;

    /// <summary>Whether all lanes have the same data.</summary>
    public bool SharesData => Data.Lanes == Width;
}

/// <summary>
/// The largest whole number that is not above A * B + C, and is a float: they are multiplied and added without rounding, and of more than 24 bits the last
/// are dropped downwards. A result that does not fit is i32's least.
/// </summary>
public sealed record FloorFma(Expr A, Expr B, Expr C) : Expr
{
    public override ExprType Type => A.Type.WithElement(DType.Int32);
}

/// <summary>
/// The lanes of four vectors of i32 as bytes, kept in range: blocks of <see cref="Block"/> lanes of each in turn, as processors pack them.
/// </summary>
public sealed record Pack(DType To, Expr A, Expr B, Expr C, Expr D) : Expr
{
    /// <summary>Lanes of a vector that follow one another in the result.</summary>
    public const int Block = 4;

    /// <summary>Vectors that are packed into one.</summary>
    public const int Vectors = 4;

    public override ExprType Type => new(To, Vectors * A.Lanes);
}

/// <summary>A named function, lane-wise. Targets without it get the polynomial of <c>ExpandIntrinsics</c>.</summary>
public sealed record Call(Intrinsic Function, EquatableArray<Expr> Arguments) : Expr
{
    public override ExprType Type => Arguments[0].Type;
}

/// <summary><c>let Name = Value in Body</c>.</summary>
public sealed record Let(Var Name, Expr Value, Expr Body) : Expr
{
    public override ExprType Type => Body.Type;
}

/// <summary>
/// The sum, product, maximum or minimum of <paramref name="Body"/> over all values of the axes. Only in tensor expressions: lowering turns
/// it into loops, and the verifier refuses it in a kernel.
/// </summary>
public sealed record Reduce(ReduceOp Op, EquatableArray<ReduceAxis> Axes, Expr Body) : Expr
{
    public override ExprType Type => Body.Type;
}

/// <summary>A reduction's variable, which runs from 0 to <paramref name="Extent"/> - 1.</summary>
public sealed record ReduceAxis(Var Var, long Extent);
