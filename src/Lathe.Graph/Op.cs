using System.Collections.Immutable;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs;

/// <summary>
/// What a node does. An op is a record whose members are its attributes, so two ops are equal when they do the same. Its
/// meaning is one of four: other ops (<see cref="CompositeOp"/>), "output element [i, j] is ..." (<see cref="PrimitiveOp"/>),
/// loops (<see cref="LoopOp"/>), or graphs that are repeated (<see cref="Ops.While"/>). Everything else (folding, evaluation, fusion, code) follows from the meaning.
/// </summary>
public abstract record Op
{
    public string Name => GetType().Name;

    /// <summary>
    /// The types of the outputs. Throws a <see cref="ModelException"/> when the inputs do not fit; the message need not name
    /// the node, the builder adds that.
    /// </summary>
    public abstract EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs);

    /// <summary>
    /// Multiply-accumulates that a node of this op takes. Contractions override it.
    /// </summary>
    public virtual long Macs(Node node) => 0;

    /// <summary>
    /// Floating-point operations in Lathe's own dialect: two for each multiply-accumulate and one for each element of an
    /// elementwise result, unless an op says otherwise.
    /// </summary>
    public virtual long Flops(Node node) => 2 * Macs(node);
}

/// <summary>An op with one output, each of whose elements is an expression of the inputs' elements.</summary>
public abstract record PrimitiveOp : Op
{
    public abstract TensorType InferType(IReadOnlyList<TensorType> inputs);

    public sealed override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [InferType(inputs)];

    /// <summary>
    /// Output element [<paramref name="index"/>], of the output's element type. Loads must be in bounds for every index of the
    /// output (see <see cref="Build.Clamp"/>); the expression may be one <see cref="Reduce"/> with work around it.
    /// </summary>
    public abstract Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index);
}

/// <summary>An op that means other ops. It stays whole until the pass that decomposes it.</summary>
public abstract record CompositeOp : Op
{
    public abstract ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs);

    /// <summary>The types that the expansion has; an op whose expansion is large overrides it.</summary>
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var scratch = new GraphBuilder();
        var values = inputs.Select((type, i) => scratch.Input($"input{i}", type)).ToArray();
        return Expand(scratch, values).Select(v => v.Type).ToEquatableArray();
    }

    public override long Macs(Node node) => OfExpansion(node, (op, inner) => op.Macs(inner));

    public override long Flops(Node node) => OfExpansion(node, (op, inner) => op.Flops(inner));

    private long OfExpansion(Node node, Func<Op, Node, long> cost)
    {
        var scratch = new GraphBuilder();
        var values = node.Inputs.Select((v, i) => scratch.Input($"input{i}", v.Type)).ToArray();
        var outputs = Expand(scratch, values);
        return Graph.TopologicalOrder(outputs).Sum(inner => cost(inner.Op, inner));
    }
}

/// <summary>An op that neither other ops nor one expression can say: sorting, scattering.</summary>
public abstract record LoopOp : Op
{
    /// <summary>Statements that write every element of the outputs. Variables' names are unique within them.</summary>
    public abstract Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs);
}
