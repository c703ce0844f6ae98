using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>Writes a function of a node's first input as operators, each of whose results has that input's shape.</summary>
internal sealed class Formula(NodeExport node)
{
    private readonly Dictionary<Term, int> _written = new(ReferenceEqualityComparer.Instance);

    /// <summary>A number, a tensor, or an operator's result.</summary>
    internal sealed record Term(BuiltinOperator Op, Term[] Inputs, OptionsKind Kind, DType Type, int Tensor = -1);

    private TensorType Type => node.Type(0).Rank <= Broadcasts.MaxRank ? node.Type(0) : node.Type(0).WithShape([node.Type(0).Shape.ElementCount]);

    /// <summary>Writes what the function gives as the node's result.</summary>
    public void Write(Func<Formula, Term, Term> function)
    {
        bool plain = Type == node.Type(0);
        var x = Leaf(plain ? node.In(0) : node.Reshaped(node.In(0), Type));
        var last = function(this, x);
        int[] inputs = [.. last.Inputs.Select(Written)];
        if (plain)
            node.Result(last.Op, inputs, last.Kind);
        else
            node.ReshapedResult(node.Emit(last.Op, Type.WithElement(last.Type), inputs, last.Kind));
    }

    public Term Number(double value) => Leaf(node.Scalar("number", value, Type.Element));

    public Term Apply(BuiltinOperator op, Term x, OptionsKind kind = OptionsKind.None) => new(op, [x], kind, Type.Element);

    public Term Add(Term a, Term b) => Binary(ADD, a, b, OptionsKind.Add);

    public Term Sub(Term a, Term b) => Binary(SUB, a, b, OptionsKind.Sub);

    public Term Mul(Term a, Term b) => Binary(MUL, a, b, OptionsKind.Mul);

    public Term Div(Term a, Term b) => Binary(DIV, a, b, OptionsKind.Div);

    public Term Abs(Term x) => Apply(ABS, x, OptionsKind.Abs);

    public Term Exp(Term x) => Apply(EXP, x, OptionsKind.Exp);

    public Term Log(Term x) => Apply(LOG, x);

    public Term Sqrt(Term x) => Apply(SQRT, x);

    public Term Neg(Term x) => Apply(NEG, x, OptionsKind.Neg);

    public Term Maximum(Term a, Term b) => Binary(MAXIMUM, a, b, OptionsKind.MaximumMinimum);

    public Term Minimum(Term a, Term b) => Binary(MINIMUM, a, b, OptionsKind.MaximumMinimum);

    public Term Select(Term condition, Term a, Term b) => new(SELECT_V2, [condition, a, b], OptionsKind.SelectV2, Type.Element);

    public Term Less(Term a, Term b) => new(LESS, [a, b], OptionsKind.Less, DType.Bool);

    public Term Greater(Term a, Term b) => new(GREATER, [a, b], OptionsKind.Greater, DType.Bool);

    public Term Equal(Term a, Term b) => new(EQUAL, [a, b], OptionsKind.Equal, DType.Bool);

    public Term NotEqual(Term a, Term b) => new(NOT_EQUAL, [a, b], OptionsKind.NotEqual, DType.Bool);

    /// <summary>The angle of the point (x, y).</summary>
    public Term Angle(Term y, Term x) => Binary(ATAN2, y, x, OptionsKind.ATan2);

    /// <summary>sqrt(1 - x^2): the cosine of a sine.</summary>
    public Term Cofunction(Term x) => Sqrt(Sub(Number(1), Mul(x, x)));

    private Term Binary(BuiltinOperator op, Term a, Term b, OptionsKind kind) => new(op, [a, b], kind, Type.Element);

    private Term Leaf(int tensor) => new(default, [], OptionsKind.None, Type.Element, tensor);

    private int Written(Term term)
    {
        if (term.Tensor >= 0)
            return term.Tensor;
        if (!_written.TryGetValue(term, out int tensor))
            _written.Add(term, tensor = node.Emit(term.Op, Type.WithElement(term.Type), [.. term.Inputs.Select(Written)], term.Kind));
        return tensor;
    }
}
