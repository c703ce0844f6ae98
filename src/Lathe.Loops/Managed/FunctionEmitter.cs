using System.Linq.Expressions;
using Lathe.Tensors;
using E = System.Linq.Expressions.Expression;

namespace Lathe.Loops.Managed;

/// <summary>
/// A function of a kernel: its main one or the body of a parallel loop, which is compiled by itself so that what it
/// captures lies in plain memory. Local memory of an activation holds the captured values and the Local buffers.
/// </summary>
internal sealed class FunctionEmitter
{
    private const int Alignment = 64;

    private readonly string _kernel;
    private readonly CompileOptions _options;
    private readonly bool _isMain;
    private readonly FunctionScope _scope;
    private readonly ExprEmitter _expressions;
    private readonly ParameterExpression _locals = E.Parameter(typeof(long), "locals");
    private readonly ParameterExpression _parallel = E.Parameter(typeof(IParallelFor), "parallel");
    private readonly List<ParameterExpression> _variables = [];
    private readonly List<E> _prologue = [];
    private long _used;

    private FunctionEmitter(string kernel, CompileOptions options, bool isMain)
    {
        (_kernel, _options, _isMain) = (kernel, options, isMain);
        _scope = new FunctionScope(kernel, options.BoundsChecked);
        _expressions = new ExprEmitter(_scope, options.BoundsChecked);
        _scope.Open();
    }

    /// <summary>The bytes of Local memory that an activation needs.</summary>
    public long LocalBytes { get; private set; }

    /// <summary>Compiles a scalar kernel; the second result is the Local memory that a call needs.</summary>
    public static (KernelBody Body, long LocalBytes) Compile(Kernel kernel, CompileOptions options)
    {
        var function = new FunctionEmitter(kernel.Name, options, isMain: true);
        var buffers = E.Parameter(typeof(long), "buffers");
        int i = 0;
        foreach (var buffer in kernel.Parameters)
        {
            var address = function.Variable(typeof(long), buffer.Name);
            var load = Representation.Method(typeof(Memory), nameof(Memory.LoadPointer), typeof(long), typeof(long));
            function._prologue.Add(E.Assign(address, E.Call(load, buffers, E.Constant((long)i++))));
            function._scope.Bind(buffer, address);
        }
        var body = function.Finish(kernel.Body);
        var lambda = E.Lambda<KernelBody>(body, kernel.Name, [buffers, function._locals, function._parallel]);
        return (lambda.Compile(options.Interpret), function.LocalBytes);
    }

    private ParameterExpression Variable(Type type, string name)
    {
        var variable = E.Variable(type, name);
        _variables.Add(variable);
        return variable;
    }

    private BlockExpression Finish(Stmt body)
    {
        var emitted = _scope.Close(Emit(body));
        return E.Block(_variables, [.. _prologue, emitted, E.Empty()]);
    }

    private E Emit(Stmt s) => s switch
    {
        Block { Statements.Count: 0 } => E.Empty(),
        Block b => E.Block(b.Statements.Select(Emit)),
        For { Kind: LoopKind.Parallel } f when _isMain => EmitParallel(f),
        For f => EmitLoop(f),
        Store st => EmitStore(st),
        LetStmt l => EmitLet(l),
        Prefetch => E.Empty(),
        If i => i.Else is null
            ? E.IfThen(_expressions.Emit(i.Condition), Emit(i.Then))
            : E.IfThenElse(_expressions.Emit(i.Condition), Emit(i.Then), Emit(i.Else)),
        Allocate a => EmitAllocate(a),
        _ => throw new InternalException("LATHE4312", $"kernel {_kernel}: an unknown statement {s.GetType().Name}"),
    };

    private BlockExpression EmitLoop(For f)
    {
        var (i, end) = (E.Variable(typeof(long), f.Var.Name), E.Variable(typeof(long)));
        var (begin, limit) = (_expressions.Emit(f.Begin), _expressions.Emit(f.End));
        _scope.Open();
        _scope.Bind(f.Var, i);
        var body = _scope.Close(Emit(f.Body));
        E last = limit is ConstantExpression ? limit : end;
        var top = E.Label();
        return E.Block(
            [i, end],
            E.Assign(i, begin),
            limit is ConstantExpression ? E.Empty() : E.Assign(end, limit),
            E.IfThen(
                E.LessThan(i, last),
                E.Block(
                    E.Label(top),
                    body,
                    E.Assign(i, E.Add(i, E.Constant(1L))),
                    E.IfThen(E.LessThan(i, last), E.Goto(top)))));
    }

    private E EmitStore(Store s)
    {
        if (s.Value.Lanes > 1)
            return _expressions.Vectors.EmitStore(s);
        var value = _expressions.Emit(s.Value);
        if (_scope.Register(s.Buffer, s.Indices) is { } register)
            return E.Assign(register, value);
        var (address, index) = _scope.Address(_expressions, s.Buffer, s.Indices);
        return Representation.Store(s.Buffer.Element, address, index, value);
    }

    private BlockExpression EmitLet(LetStmt l)
    {
        var value = _expressions.Emit(l.Value);
        var variable = E.Variable(value.Type, l.Var.Name);
        _scope.Open();
        _scope.Bind(l.Var, variable);
        var body = _scope.Close(Emit(l.Body));
        return E.Block([variable], E.Assign(variable, value), body);
    }

    private E EmitAllocate(Allocate a)
    {
        if (!_options.BoundsChecked && RegisterFile.For(a) is { } registers)
        {
            _scope.BindRegisters(a.Buffer, registers);
            return E.Block(registers.Variables, Emit(a.Body));
        }
        long outer = _used;
        long offset = Reserve(a.Buffer.Bytes);
        // Bound at the function's start: the place is the same in every iteration of the loops around.
        var address = Variable(typeof(long), a.Buffer.Name);
        _prologue.Add(E.Assign(address, E.Add(_locals, E.Constant(offset))));
        _scope.Bind(a.Buffer, address);
        var body = Emit(a.Body);
        _used = outer;
        if (!_options.BoundsChecked)
            return body;
        // Undefined contents are made visible: floats of these bits are NaN.
        var fill = Representation.Method(typeof(Memory), nameof(Memory.Fill), typeof(long), typeof(long));
        return E.Block(E.Call(fill, address, E.Constant(a.Buffer.Bytes)), body);
    }

    private long Reserve(long bytes)
    {
        long offset = _used;
        _used = checked((_used + bytes + Alignment - 1) / Alignment * Alignment);
        LocalBytes = Math.Max(LocalBytes, _used);
        return offset;
    }

    private BlockExpression EmitParallel(For f)
    {
        var inner = new FunctionEmitter(_kernel, _options, isMain: false);
        var statements = new List<E>();
        var captured = E.Parameter(typeof(long), "captured");
        var (variables, buffers) = FreeNames.Of(f.Body, f.Var);
        long outer = _used;
        var frame = E.Add(_locals, E.Constant(Reserve((variables.Count + buffers.Count) * sizeof(long))));
        int slot = 0;

        ParameterExpression Capture(E value, DType type, string name)
        {
            var at = E.Constant((long)slot * (sizeof(long) / type.Size));
            slot++;
            statements.Add(Representation.Store(type, frame, at, value));
            var variable = inner.Variable(value.Type, name);
            inner._prologue.Add(E.Assign(variable, Representation.Load(type, captured, at)));
            return variable;
        }

        foreach (var v in variables)
            inner._scope.Bind(v, Capture(_scope.Lookup(v), v.Element, v.Name));
        foreach (var b in buffers)
            inner._scope.Bind(b, Capture(_scope.AddressOf(b), DType.Int64, b.Name));
        var i = E.Parameter(typeof(long), f.Var.Name);
        inner._scope.Bind(f.Var, i);
        var body = inner.Finish(f.Body);
        var compiled = E.Lambda<ParallelBody>(body, $"{_kernel}.{f.Var.Name}", [captured, inner._locals, i]).Compile(_options.Interpret);
        var run = Representation.Method(
            typeof(ParallelLoop), nameof(ParallelLoop.Run), typeof(IParallelFor), typeof(ParallelBody), typeof(long), typeof(long), typeof(long), typeof(long));
        statements.Add(E.Call(
            run, _parallel, E.Constant(compiled), frame, E.Constant(inner.LocalBytes), _expressions.Emit(f.Begin), _expressions.Emit(f.End)));
        _used = outer;
        return E.Block(statements);
    }
}
