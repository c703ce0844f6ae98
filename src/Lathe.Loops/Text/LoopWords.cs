using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>The words and operator signs that the printer and the parser of the loop language share.</summary>
internal static class LoopWords
{
    /// <summary>Binding strength: a larger number binds tighter. Comparisons do not chain.</summary>
    public const int LoosestPrecedence = 1, ComparePrecedence = 4, UnaryPrecedence = 8, AtomPrecedence = 9;

    public static readonly IReadOnlyDictionary<BinaryOp, (string Sign, int Precedence)> Infix = new Dictionary<BinaryOp, (string, int)>
    {
        [BinaryOp.Or] = ("|", 1),
        [BinaryOp.Xor] = ("^", 2),
        [BinaryOp.And] = ("&", 3),
        [BinaryOp.Shl] = ("<<", 5),
        [BinaryOp.Shr] = (">>", 5),
        [BinaryOp.Add] = ("+", 6),
        [BinaryOp.Sub] = ("-", 6),
        [BinaryOp.Mul] = ("*", 7),
        [BinaryOp.Div] = ("/", 7),
        [BinaryOp.FloorDiv] = ("//", 7),
        [BinaryOp.FloorMod] = ("%", 7),
    };

    public static readonly IReadOnlyDictionary<BinaryOp, string> BinaryFunctions = new Dictionary<BinaryOp, string>
    {
        [BinaryOp.Rem] = "rem",
        [BinaryOp.Min] = "min",
        [BinaryOp.Max] = "max",
    };

    public static readonly IReadOnlyDictionary<UnaryOp, string> UnaryFunctions = new Dictionary<UnaryOp, string>
    {
        [UnaryOp.Abs] = "abs",
        [UnaryOp.Sqrt] = "sqrt",
        [UnaryOp.Floor] = "floor",
        [UnaryOp.Ceil] = "ceil",
        [UnaryOp.RoundEven] = "roundeven",
        [UnaryOp.Trunc] = "trunc",
        [UnaryOp.Reciprocal] = "reciprocal",
    };

    public static readonly IReadOnlyDictionary<CompareOp, string> Comparisons = new Dictionary<CompareOp, string>
    {
        [CompareOp.Equal] = "==",
        [CompareOp.NotEqual] = "!=",
        [CompareOp.Less] = "<",
        [CompareOp.LessEqual] = "<=",
    };

    public static readonly IReadOnlyDictionary<ReduceOp, string> Reductions = new Dictionary<ReduceOp, string>
    {
        [ReduceOp.Sum] = "sum",
        [ReduceOp.Product] = "prod",
        [ReduceOp.Min] = "minof",
        [ReduceOp.Max] = "maxof",
    };

    public static readonly IReadOnlyDictionary<ReduceOp, string> Horizontals = new Dictionary<ReduceOp, string>
    {
        [ReduceOp.Sum] = "hsum",
        [ReduceOp.Product] = "hprod",
        [ReduceOp.Min] = "hmin",
        [ReduceOp.Max] = "hmax",
    };

    public static readonly IReadOnlyDictionary<LoopKind, string> Loops = new Dictionary<LoopKind, string>
    {
        [LoopKind.Serial] = "for",
        [LoopKind.Parallel] = "parallel",
        [LoopKind.Unrolled] = "unrolled",
    };

    public static readonly IReadOnlyDictionary<Intrinsic, string> Intrinsics =
        Enum.GetValues<Intrinsic>().ToDictionary(f => f, f => f.ToString().ToLowerInvariant());

    private static readonly HashSet<string> Reserved =
    [
        "kernel", "scratch", "local", "prefetch", "let", "in", "if", "else", "true", "false", "select", "ramp", "broadcast", "shuffle", "dot4", "floorfma", "pack", "bits",
        .. BinaryFunctions.Values, .. UnaryFunctions.Values, .. Reductions.Values, .. Horizontals.Values, .. Loops.Values, .. Intrinsics.Values,
        .. DTypes.All.Select(t => t.Name), .. DTypes.All.Select(t => $"inf_{t.Name}"), .. DTypes.All.Select(t => $"nan_{t.Name}"),
    ];

    public static bool IsReserved(string word) => Reserved.Contains(word);

    /// <summary>Whether a name can be written without backquotes.</summary>
    public static bool IsPlainName(string name) =>
        name.Length > 0 && IsNameStart(name[0]) && name.All(IsNamePart) && !IsReserved(name);

    public static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    public static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
