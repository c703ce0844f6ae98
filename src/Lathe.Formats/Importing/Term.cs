using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Importing;

/// <summary>A value in a formula: arithmetic with others of its type, and with numbers.</summary>
internal readonly record struct Term(GraphBuilder Builder, Value Value)
{
    public static Term operator +(Term a, Term b) => a.With(new Add(), b);

    public static Term operator -(Term a, Term b) => a.With(new Sub(), b);

    public static Term operator *(Term a, Term b) => a.With(new Mul(), b);

    public static Term operator /(Term a, Term b) => a.With(new Div(), b);

    public static Term operator +(Term a, double b) => a + a.Number(b);

    public static Term operator -(Term a, double b) => a - a.Number(b);

    public static Term operator -(double a, Term b) => b.Number(a) - b;

    public static Term operator *(Term a, double b) => a * a.Number(b);

    public static Term operator /(Term a, double b) => a / a.Number(b);

    public static Term operator /(double a, Term b) => b.Number(a) / b;

    /// <summary>A number of the term's type.</summary>
    public Term Number(double number) => this with { Value = Builder.ScalarLike(number, Value) };

    public Term Of(Op function) => this with { Value = Builder.Add(function, Value) };

    /// <summary>This where a condition holds, else another.</summary>
    public Term Where(Value condition, Term otherwise) => this with { Value = Builder.Add(new Where(), condition, Value, otherwise.Value) };

    public Value IsBelow(double limit) => Builder.Add(new Less(), Value, Number(limit).Value);

    private Term With(Op op, Term other) => this with { Value = Builder.Add(op, Value, other.Value) };
}
