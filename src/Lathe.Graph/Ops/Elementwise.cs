using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Ops whose output element depends on the inputs' elements at the same place. Inputs broadcast as in NumPy: shapes are
/// aligned at the last axis, and an extent of 1 meets any other.
/// </summary>
public abstract record ElementwiseOp : PrimitiveOp
{
    /// <summary>How many inputs the op takes.</summary>
    public abstract int Arity { get; }

    /// <summary>The output's element from the inputs' elements; inputs have been checked by <see cref="InferElement"/>.</summary>
    public abstract Expr Apply(IReadOnlyList<Expr> inputs, DType output);

    /// <summary>The output's element type; throws a <see cref="ModelException"/> for element types that the op does not take.</summary>
    public virtual DType InferElement(IReadOnlyList<DType> inputs)
    {
        foreach (var type in inputs)
            if (type != inputs[0])
                throw new ModelException("LATHE2002", $"the inputs' element types differ: {string.Join(", ", inputs.Select(t => t.Name))}");
        return inputs[0];
    }

    public sealed override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != Arity)
            throw new ModelException("LATHE2001", $"{Name} takes {Arity} inputs and has {inputs.Count}");
        return new(InferElement([.. inputs.Select(i => i.Element)]), Broadcasting.Join(inputs.Select(i => i.Shape)));
    }

    public sealed override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index) =>
        Apply([.. inputs.Select(b => b[Broadcasting.IndexInto(b, index)])], output.Element);

    public override long Flops(Node node) => node.Output.Shape.ElementCount;
}

/// <summary>An elementwise op of one input.</summary>
public abstract record UnaryElementwiseOp : ElementwiseOp
{
    public sealed override int Arity => 1;

    public abstract Expr Apply(Expr x);

    public sealed override Expr Apply(IReadOnlyList<Expr> inputs, DType output) => Apply(inputs[0]);
}

/// <summary>An elementwise op of one float input.</summary>
public abstract record FloatElementwiseOp : UnaryElementwiseOp
{
    public override DType InferElement(IReadOnlyList<DType> inputs) => inputs[0].IsFloat
        ? inputs[0]
        : throw new ModelException("LATHE2003", $"{Name} takes floats and was given {inputs[0].Name}");
}

/// <summary>An elementwise op of two inputs of one element type.</summary>
public abstract record BinaryElementwiseOp : ElementwiseOp
{
    public sealed override int Arity => 2;

    public abstract Expr Apply(Expr a, Expr b);

    public sealed override Expr Apply(IReadOnlyList<Expr> inputs, DType output) => Apply(inputs[0], inputs[1]);
}

/// <summary>An elementwise comparison: two inputs of one element type, bool out.</summary>
public abstract record ComparisonOp : BinaryElementwiseOp
{
    public override DType InferElement(IReadOnlyList<DType> inputs)
    {
        base.InferElement(inputs);
        return DType.Bool;
    }
}
