using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// A kernel that is being written: names its buffers in the order in which they are first asked for, so that kernels
/// which do the same work come out equal, and remembers which value or tensor each buffer stands for.
/// </summary>
/// <param name="group">Where what it reads lies in others' memory; null where nothing does.</param>
/// <param name="view">The shape under which the kernel sees a value, of as many elements; the value's own where null.</param>
internal sealed class KernelDraft(Group? group = null, Func<Value, long[]>? view = null)
{
    /// <summary>Local memory of a task. The stacks of threads are not much larger.</summary>
    public const long MostLocalBytes = 512 << 10;

    /// <summary>A task with less to do than so many multiply-adds or elements is mostly the handing out.</summary>
    public const long LeastTaskWork = 1 << 16;

    private const int TasksPerThread = 16, FewTasksPerThread = 4;

    private readonly List<(Buffer Buffer, Operand Operand)> _inputs = [];
    private readonly List<(Buffer Buffer, Operand Operand)> _outputs = [];
    private readonly List<(Buffer Buffer, Operand Operand)> _scratch = [];
    private int _variables;

    public long[] ShapeOf(Value value) => view is null ? value.Shape.ToArray() : view(value);

    /// <summary>The buffer that holds a materialized value or a constant.</summary>
    public Buffer Input(Value value) => Input(value, ShapeOf(value));

    /// <summary>The same under another shape of as many elements.</summary>
    public Buffer Input(Value value, params ReadOnlySpan<long> shape)
    {
        Operand operand = value.Constant is { } tensor ? new Operand.Parameter(tensor) : new Operand.Of(value);
        var place = group?.Views.FirstOrDefault(v => v.Value == value).At;
        return Input(operand, value.Element, EquatableArray.Create(shape), place?.StridesAs(value, shape) ?? default);
    }

    /// <summary>The buffer of a tensor that was made for this kernel, such as packed weights.</summary>
    public Buffer Parameter(Tensor tensor) => Input(new Operand.Parameter(tensor), tensor.Type, tensor.Shape.ToArray());

    public Buffer Output(Value value)
    {
        var buffer = new Buffer($"y{_outputs.Count}", value.Element, ShapeOf(value));
        _outputs.Add((buffer, new Operand.Of(value)));
        return buffer;
    }

    /// <summary>Memory whose contents last for one call of the kernel.</summary>
    public Buffer Scratch(DType element, params ReadOnlySpan<long> shape) => Scratch(element, shape, bytes => new Operand.Scratch(bytes));

    /// <summary>Memory whose contents stay from run to run; before the first they are anything.</summary>
    public Buffer Kept(DType element, params ReadOnlySpan<long> shape) => Scratch(element, shape, bytes => new Operand.Kept(bytes));

    private Buffer Scratch(DType element, ReadOnlySpan<long> shape, Func<long, Operand> operand)
    {
        var buffer = new Buffer($"t{_scratch.Count}", element, EquatableArray.Create(shape));
        _scratch.Add((buffer, operand(buffer.Bytes)));
        return buffer;
    }

    /// <summary>A variable of a name that the kernel does not have yet.</summary>
    public Var Variable(string stem) => new($"{stem}{_variables++}");

    public Var Variable(string stem, ExprType type) => new($"{stem}{_variables++}", type);

    /// <summary>A buffer in the function's frame, or in registers.</summary>
    public Buffer Local(DType element, params ReadOnlySpan<long> shape) =>
        new($"l{_variables++}", element, EquatableArray.Create(shape), BufferSpace.Local);

    /// <summary>A loop; one that runs once is its body.</summary>
    public Stmt Loop(Expr extent, Func<Expr, Stmt> body, LoopKind kind = LoopKind.Serial, string stem = "i")
    {
        if (extent is IntConst { Value: 1 } && kind != LoopKind.Parallel)
            return body(0);
        var v = Variable(stem);
        return new For(v, 0, extent, kind, body(v));
    }

    /// <summary>Binds values to variables for the statements of the body.</summary>
    public Stmt Let(IEnumerable<Expr> values, Func<Expr[], Stmt> body)
    {
        var bound = values.Select(v => (Var: Variable("v", v.Type), Value: v)).ToArray();
        return bound.Reverse().Aggregate(body([.. bound.Select(b => b.Var)]), (inner, b) => new LetStmt(b.Var, b.Value, inner));
    }

    /// <summary>
    /// Runs the body for 0 to count - 1 in parallel tasks of near-equal, consecutive shares: many for each thread, so that a
    /// thread that is held up, or shares its core with another program, does not hold up all.
    /// </summary>
    /// <param name="count">How often the body runs.</param>
    /// <param name="threads">Threads that share them; 1 for a loop that is not parallel.</param>
    /// <param name="body">One of them.</param>
    /// <param name="work">Multiply-adds or elements of all, where that may be little.</param>
    public Stmt ParallelLoop(long count, int threads, Func<Expr, Stmt> body, long work = long.MaxValue) =>
        Cut(count, Tasks(count, threads, (int)Math.Clamp(work / LeastTaskWork / threads, FewTasksPerThread, TasksPerThread)), (_, i) => body(i));

    /// <summary>
    /// The same for a body that is given the number of its task too, of which there are <see cref="Tasks(long, int)"/>: fewer, as each has memory of its own.
    /// </summary>
    public Stmt ParallelLoop(long count, int threads, Func<Expr, Expr, Stmt> body) => Cut(count, Tasks(count, threads), body);

    /// <summary>The tasks that <see cref="ParallelLoop(long, int, Func{Expr, Expr, Stmt})"/> makes of so many iterations.</summary>
    public static long Tasks(long count, int threads) => Tasks(count, threads, FewTasksPerThread);

    private static long Tasks(long count, int threads, int perThread) => threads == 1 ? 1 : Math.Min(count, (long)threads * perThread);

    private Stmt Cut(long count, long tasks, Func<Expr, Expr, Stmt> body)
    {
        if (tasks <= 1)
            return Loop(count, i => body(0, i));
        return Loop(tasks, task =>
        {
            if (tasks == count)
                return body(task, task);
            var v = Variable("p");
            return new For(v, Build.FloorDiv(task * count, tasks), Build.FloorDiv((task + 1) * count, tasks), LoopKind.Serial, body(task, v));
        }, LoopKind.Parallel, "task");
    }

    public LoweredKernel Finish(string label, Stmt body) => new(
        label,
        new Kernel("", Buffers(_inputs), Buffers(_outputs), Buffers(_scratch), body),
        [.. _inputs.Concat(_outputs).Concat(_scratch).Select(p => p.Operand)]);

    private Buffer Input(Operand operand, DType element, EquatableArray<long> shape, EquatableArray<long> strides = default)
    {
        foreach (var (known, knownOperand) in _inputs)
            if (knownOperand == operand && known.Shape == shape)
                return known;
        var buffer = new Buffer($"x{_inputs.Count}", element, shape) { Strides = strides };
        _inputs.Add((buffer, operand));
        return buffer;
    }

    private static EquatableArray<Buffer> Buffers(List<(Buffer Buffer, Operand Operand)> list) => list.Select(p => p.Buffer).ToEquatableArray();
}
