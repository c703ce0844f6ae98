using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Checks a kernel after every pass. The invariants:
/// <list type="number">
/// <item>Parameter names are unique; extents are not negative; a buffer's bytes fit 64 bits; strides, an axis each and not negative, are for parameters. (LATHE4001)</item>
/// <item>A variable is bound before use with the type that its uses say, and its name is not that of another variable in scope. Loops and
/// lets that do not enclose each other may share a name. (LATHE4002)</item>
/// <item>Both operands of an operation have the same type; the operation exists for it: no arithmetic on bool except min and max, none on
/// f16 and bf16; floor division, shifts and bit operations are for integers; constants are of their type. (LATHE4003)</item>
/// <item>A load or store has one index an axis, of type i64. (LATHE4004)</item>
/// <item>The operands of an operation have the same lanes. Vectors come from ramp, broadcast and loads whose indices are vectors of the
/// same lanes or scalars, and have at least two lanes. (LATHE4005)</item>
/// <item>Buffers are parameters or inside their Allocate. Inputs are never stored to. (LATHE4006)</item>
/// <item>Loop variables and bounds are i64 scalars; an unrolled loop's bounds are constants; parallel loops do not lie inside parallel
/// loops. Conditions of If are scalar bools. (LATHE4007)</item>
/// <item>Local buffers have the space Local, names of their own, and at most <see cref="MaxLocalBytes"/> live at once. (LATHE4008)</item>
/// <item>No Reduce. (LATHE4009)</item>
/// </list>
/// </summary>
public static class KernelVerifier
{
    /// <summary>What the local buffers of a kernel may take of its frame at any one point.</summary>
    public const long MaxLocalBytes = 1 << 20;

    /// <summary>Throws an <see cref="InternalException"/> that names the kernel and the place when an invariant does not hold.</summary>
    public static void Verify(Kernel kernel)
    {
        var expressions = new ExprVerifier(kernel.Name);
        foreach (var buffer in kernel.Parameters)
        {
            expressions.CheckSize(buffer);
            if (buffer.Space != BufferSpace.Parameter)
                throw expressions.Error("LATHE4001", $"the parameter '{buffer.Name}' is declared as a local buffer");
            if (!expressions.Buffers.TryAdd(buffer.Name, buffer))
                throw expressions.Error("LATHE4001", $"the name '{buffer.Name}' is given to two parameters");
        }
        Verify(kernel.Body, new Scope(expressions, [.. kernel.Inputs.Select(b => b.Name)], Parallel: false, LocalBytes: 0));
    }

    private static void Verify(Stmt statement, Scope scope)
    {
        var expressions = scope.Expressions;
        switch (statement)
        {
            case Block block:
                foreach (var inner in block.Statements)
                    Verify(inner, scope);
                break;
            case For loop:
                expressions.Place = () => $"the loop over {loop.Var.Name}";
                VerifyLoop(loop, scope);
                expressions.Bind(loop.Var, () => Verify(loop.Body, scope with { Parallel = scope.Parallel || loop.Kind == LoopKind.Parallel }));
                break;
            case Store store:
                expressions.Place = () => LoopText.Print(store);
                VerifyStore(store, scope);
                break;
            case Prefetch prefetch:
                expressions.Place = () => LoopText.Print(prefetch);
                if (expressions.CheckAccess(prefetch.Buffer, prefetch.Indices) != 1)
                    throw expressions.Error("LATHE4005", "the indices of a prefetch are not scalars");
                break;
            case LetStmt let:
                expressions.Place = () => $"let {let.Var.Name}";
                expressions.Check(let.Value);
                if (let.Var.Of != let.Value.Type)
                    throw expressions.Error("LATHE4002", $"the variable {let.Var.Name} of type {let.Var.Of} is bound to a value of type {let.Value.Type}");
                expressions.Bind(let.Var, () => Verify(let.Body, scope));
                break;
            case If branch:
                expressions.Place = () => $"if {LoopText.Print(branch.Condition)}";
                expressions.Check(branch.Condition);
                if (branch.Condition.Type != new ExprType(DType.Bool))
                    throw expressions.Error("LATHE4007", $"a condition is a scalar bool, and this one is {branch.Condition.Type}");
                Verify(branch.Then, scope);
                if (branch.Else is { } otherwise)
                    Verify(otherwise, scope);
                break;
            case Allocate allocate:
                expressions.Place = () => $"local {allocate.Buffer.Name}";
                VerifyAllocate(allocate, scope);
                break;
            default:
                throw expressions.Error("LATHE4003", $"the statement {statement.GetType().Name} is not known");
        }
    }

    private static void VerifyLoop(For loop, Scope scope)
    {
        var expressions = scope.Expressions;
        expressions.Check(loop.Begin);
        expressions.Check(loop.End);
        if (loop.Var.Of != ExprType.Index || loop.Begin.Type != ExprType.Index || loop.End.Type != ExprType.Index)
            throw expressions.Error("LATHE4007", $"a loop's variable and bounds are i64 scalars, and here {loop.Var.Of}, {loop.Begin.Type}, {loop.End.Type}");
        if (loop.Kind == LoopKind.Unrolled && (loop.Begin is not IntConst || loop.End is not IntConst))
            throw expressions.Error("LATHE4007", "an unrolled loop's bounds are not constants");
        if (loop.Kind == LoopKind.Parallel && scope.Parallel)
            throw expressions.Error("LATHE4007", "a parallel loop lies inside another");
    }

    private static void VerifyStore(Store store, Scope scope)
    {
        var expressions = scope.Expressions;
        expressions.Check(store.Value);
        int lanes = expressions.CheckAccess(store.Buffer, store.Indices);
        if (scope.Inputs.Contains(store.Buffer.Name))
            throw expressions.Error("LATHE4006", $"the input '{store.Buffer.Name}' is stored to");
        if (store.Value.Element != store.Buffer.Element)
            throw expressions.Error("LATHE4003", $"a value of {store.Value.Element.Name} is stored to a buffer of {store.Buffer.Element.Name}");
        if (store.Value.Lanes != lanes)
            throw expressions.Error("LATHE4005", $"a value of {store.Value.Lanes} lanes is stored by indices of {lanes}");
    }

    private static void VerifyAllocate(Allocate allocate, Scope scope)
    {
        var (expressions, buffer) = (scope.Expressions, allocate.Buffer);
        if (buffer.Space != BufferSpace.Local)
            throw expressions.Error("LATHE4008", $"the buffer '{buffer.Name}' is allocated and not declared as local");
        expressions.CheckSize(buffer);
        long bytes = scope.LocalBytes + Math.Min(buffer.Bytes, MaxLocalBytes + 1);
        if (bytes > MaxLocalBytes)
            throw expressions.Error("LATHE4008", $"with '{buffer.Name}' the local buffers take more than {MaxLocalBytes} bytes");
        if (!expressions.Buffers.TryAdd(buffer.Name, buffer))
            throw expressions.Error("LATHE4008", $"the name '{buffer.Name}' is that of another buffer in scope");
        Verify(allocate.Body, scope with { LocalBytes = bytes });
        expressions.Buffers.Remove(buffer.Name);
    }

    private sealed record Scope(ExprVerifier Expressions, HashSet<string> Inputs, bool Parallel, long LocalBytes);
}
