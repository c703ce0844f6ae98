using System.Text;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Writes the body of one function in LLVM IR. Unrolled loops are expanded while writing, so that the indices of register
/// tiles become constants. Half-width floats are computed in float32.
/// </summary>
internal sealed partial class FunctionPrinter
{
    private readonly IrModule _module;
    private readonly string _function;
    private readonly StringBuilder _entry = new();
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, string> _buffers = [];
    private readonly Dictionary<Var, (IrValue Value, int Depth, bool IsComputed)> _variables = [];
    private readonly Stack<List<Expr>> _scopes = new();
    private readonly Dictionary<Expr, (IrValue Value, bool Reads, int Epoch)> _known = new(ReferenceEqualityComparer.Instance);
    private int _next;
    private int _depth;
    private int _loads;
    private int _epoch;
    private bool _hasVectorLoops;
    private bool _hasScalarLoops;
    private string _block = "entry";

    private FunctionPrinter(IrModule module, string function)
    {
        (_module, _function) = (module, function);
        _scopes.Push([]);
    }

    private TargetFacts Facts => _module.Facts;

    /// <summary>The function's attributes, by whether LLVM is to make vectors of its loops.</summary>
    private string Attributes => _hasVectorLoops && !_hasScalarLoops ? IrModule.FinalVectors : IrModule.Plain;

    /// <summary>The text of the function's blocks, entry first.</summary>
    private string Blocks => $"entry:\n{_entry}{_text}";

    private void Line(string instruction) => _text.Append("  ").Append(instruction).Append('\n');

    private void Label(string label)
    {
        _text.Append(label).Append(":\n");
        _block = label;
    }

    private string Fresh(string hint) => $"{hint}.{_next++}";

    /// <summary>A label or register name that tells the loop variable it is for.</summary>
    private string FreshFor(Var v) => Fresh(v.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && v.Name.Length > 0 ? v.Name : "v");

    private IrValue Op(ExprType type, string instruction, bool isIndex = false, bool isNonNegative = false)
    {
        string name = $"%t{_next++}";
        _text.Append("  ").Append(name).Append(" = ").Append(instruction).Append('\n');
        return new IrValue(name, type, isIndex, isNonNegative);
    }

    /// <summary>The operation of two operands of one type.</summary>
    private IrValue Op2(string operation, IrValue a, IrValue b) => Op(a.Type, $"{operation} {a.Typed}, {b.Text}");

    /// <summary>Calls an intrinsic whose arguments and result have the type of the first argument.</summary>
    private IrValue Intrinsic(string name, params ReadOnlySpan<IrValue> arguments)
    {
        var type = arguments[0].Type;
        string ir = IrType.Of(type);
        var parameters = new string[arguments.Length];
        var typed = new string[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
            (parameters[i], typed[i]) = (IrType.Of(arguments[i].Type), arguments[i].Typed);
        string full = _module.Declare($"llvm.{name}.{IrType.Suffix(type)}", ir, parameters);
        return Op(type, $"call {ir} @{full}({string.Join(", ", typed)})");
    }

    private IrValue Choose(IrValue condition, IrValue then, IrValue otherwise) =>
        Op(then.Type, $"select {condition.Typed}, {then.Typed}, {otherwise.Typed}");

    /// <summary>A float constant in every lane.</summary>
    private static IrValue Constant(double value, ExprType type) =>
        Splat(new IrValue(IrType.Constant(value, type.Element), type with { Lanes = 1 }), type.Lanes);

    /// <summary>An integer or bool constant in every lane.</summary>
    private static IrValue Bits(long value, ExprType type) =>
        Splat(new IrValue(IrType.Constant(value, type.Element), type with { Lanes = 1 }, true, value >= 0), type.Lanes);

    /// <summary>A constant broadcast to lanes.</summary>
    private static IrValue Splat(IrValue constant, int lanes) =>
        lanes == 1 ? constant : constant with { Text = $"splat ({constant.Typed})", Type = constant.Type with { Lanes = lanes } };

    private IrValue Spread(IrValue scalar, int lanes)
    {
        if (lanes == 1 || scalar.Lanes == lanes)
            return scalar;
        if (scalar.IsConstant)
            return Splat(scalar, lanes);
        var type = scalar.Type with { Lanes = lanes };
        var first = Op(type, $"insertelement {IrType.Of(type)} poison, {scalar.Typed}, i64 0");
        return Op(type, $"shufflevector {first.Typed}, {IrType.Of(type)} poison, <{lanes} x i32> zeroinitializer",
            scalar.IsIndex, scalar.IsNonNegative);
    }

    private IrValue Extract(IrValue vector, int lane) => vector.Lanes == 1
        ? vector
        : Op(vector.Type with { Lanes = 1 }, $"extractelement {vector.Typed}, i64 {lane}", vector.IsIndex, vector.IsNonNegative);

    /// <summary>Picks lanes of two vectors of one type, the second's numbered after the first's.</summary>
    private IrValue Shuffle(IrValue a, IrValue b, IReadOnlyList<int> lanes) => Op(a.Type with { Lanes = lanes.Count },
        $"shufflevector {a.Typed}, {b.Typed}, <{lanes.Count} x i32> <{string.Join(", ", lanes.Select(l => $"i32 {l}"))}>");

    private IrValue Build(IReadOnlyList<IrValue> lanes)
    {
        var type = lanes[0].Type with { Lanes = lanes.Count };
        if (lanes.Count == 1)
            return lanes[0];
        var vector = new IrValue("poison", type);
        for (int i = 0; i < lanes.Count; i++)
            vector = Op(type, $"insertelement {vector.Typed}, {lanes[i].Typed}, i64 {i}");
        return vector;
    }

    /// <summary>
    /// The values found since are forgotten when the scope closes: their registers do not dominate what follows, or they use
    /// a variable that may be bound again.
    /// </summary>
    private void OpenScope(bool isControl = true)
    {
        _scopes.Push([]);
        _epoch += isControl ? 1 : 0;
    }

    private void CloseScope(bool isControl = true)
    {
        foreach (var expr in _scopes.Pop())
            _known.Remove(expr);
        _epoch += isControl ? 1 : 0;
    }

    private static InternalException Bug(string code, string message) => new(code, message);
}
