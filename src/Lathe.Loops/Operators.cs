namespace Lathe.Loops;

/// <summary>
/// Operations that every target has for scalars and vectors. Not is logical on bool and bitwise on integers. Reciprocal is 1 / x within 1.5 units in the last
/// place, for floats that are normal numbers as is the result; of others it may be NaN.
/// </summary>
public enum UnaryOp
{
    Neg, Not, Abs, Sqrt, Floor, Ceil, RoundEven, Trunc, Reciprocal,
}

/// <summary>
/// Div is true division on floats and truncates on integers; Rem has the sign of the dividend (C's % and fmod).
/// FloorDiv and FloorMod round towards minus infinity and are for integers. Min is <c>a &lt; b ? a : b</c> and Max is
/// <c>a &gt; b ? a : b</c>, so that a NaN in the second operand is kept. Shr is arithmetic on signed integers.
/// </summary>
public enum BinaryOp
{
    Add, Sub, Mul, Div, Rem, FloorDiv, FloorMod, Min, Max, And, Or, Xor, Shl, Shr,
}

/// <summary>Comparisons; greater-than is less-than with its operands exchanged.</summary>
public enum CompareOp
{
    Equal, NotEqual, Less, LessEqual,
}

/// <summary>How elements are combined, in any order that the loops give; of no elements the result is 0, 1, the greatest or the least value.</summary>
public enum ReduceOp
{
    Sum, Product, Min, Max,
}

/// <summary>Functions of floats. Fma(a, b, c) is a*b+c rounded once where the target can, else twice.</summary>
public enum Intrinsic
{
    Exp, Log, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh, Erf, NormalCdf, Sigmoid, Pow, Fma,
}

/// <summary>How a loop's iterations are carried out. Parallel iterations are independent; Unrolled needs constant bounds.</summary>
public enum LoopKind
{
    Serial, Parallel, Unrolled,
}

/// <summary>Parameter buffers come from the caller; Local ones live in a function's frame, and in registers once all indices are constant.</summary>
public enum BufferSpace
{
    Parameter, Local,
}

/// <summary>Facts about intrinsics.</summary>
public static class Intrinsics
{
    extension(Intrinsic function)
    {
        /// <summary>The number of operands.</summary>
        public int Arity => function switch
        {
            Intrinsic.Pow => 2,
            Intrinsic.Fma => 3,
            _ => 1,
        };
    }
}
