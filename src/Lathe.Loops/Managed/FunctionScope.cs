using System.Linq.Expressions;
using Lathe.Tensors;
using E = System.Linq.Expressions.Expression;

namespace Lathe.Loops.Managed;

/// <summary>
/// What a function under construction knows: variables, addresses of buffers, Local buffers held in registers, and the
/// levels of loops that are open. Parts of addresses are computed once at the outermost level that knows their variables,
/// because expression trees are compiled without such hoisting.
/// </summary>
internal sealed class FunctionScope(string kernel, bool boundsChecked)
{
    private const long NotHoistable = long.MaxValue;

    private readonly Dictionary<Var, (E Value, long Level)> _variables = [];
    private readonly Dictionary<string, E> _addresses = [];
    private readonly Dictionary<string, RegisterFile> _registers = [];
    private readonly List<Level> _levels = [];

    public E Lookup(Var v) => _variables.TryGetValue(v, out var known)
        ? known.Value
        : throw new InternalException("LATHE4308", $"kernel {kernel}: the variable {v.Name} is not bound");

    public E AddressOf(Buffer b) => _addresses.TryGetValue(b.Name, out var address)
        ? address
        : throw new InternalException("LATHE4309", $"kernel {kernel}: the buffer {b.Name} is not bound");

    /// <summary>Opens a level; variables bound in it may be used in its prologue.</summary>
    public void Open() => _levels.Add(new Level());

    /// <summary>Closes the innermost level; the prologue comes before its body.</summary>
    public E Close(E body)
    {
        var level = _levels[^1];
        _levels.RemoveAt(_levels.Count - 1);
        return level.Variables.Count == 0 ? body : E.Block(level.Variables, [.. level.Prologue, body]);
    }

    public void Bind(Var v, E value) => _variables[v] = (value, _levels.Count - 1);

    public void BindInExpression(Var v, E value) => _variables[v] = (value, NotHoistable);

    public void Bind(Buffer b, E address)
    {
        _addresses[b.Name] = address;
        _registers.Remove(b.Name);
    }

    public void BindRegisters(Buffer b, RegisterFile registers) => _registers[b.Name] = registers;

    /// <summary>The register of an element or a vector, where the buffer lies in registers.</summary>
    public ParameterExpression? Register(Buffer b, EquatableArray<Expr> indices) =>
        _registers.TryGetValue(b.Name, out var registers) ? registers[indices] : null;

    /// <summary>An address and the element's number from there.</summary>
    public (E Address, E Index) Address(ExprEmitter emitter, Buffer b, EquatableArray<Expr> indices)
    {
        if (boundsChecked)
            return (AddressOf(b), Checked(emitter, b, indices));
        var linear = LinearSum.OfElement(b, indices);
        var address = AddressOf(b);
        var byLevel = linear.Terms.GroupBy(t => LevelOf(t.Term)).OrderBy(g => g.Key).ToList();
        int innermost = _levels.Count - 1;
        foreach (var group in byLevel.Where(g => g.Key < innermost))
            address = Hoisted(emitter, (int)group.Key, address, b.Element.Size, [.. group]);
        E? index = null;
        foreach (var (term, factor) in byLevel.Where(g => g.Key >= innermost).SelectMany(g => g))
            index = Sum(index, Scaled(emitter.Emit(term), factor));
        if (linear.Constant != 0 || index is null)
            index = Sum(index, E.Constant(linear.Constant));
        return (address, index);
    }

    private E Checked(ExprEmitter emitter, Buffer b, EquatableArray<Expr> indices)
    {
        E? linear = null;
        for (int i = 0; i < indices.Count; i++)
        {
            var index = E.Call(
                Representation.Method(typeof(Bounds), nameof(Bounds.Check), typeof(long), typeof(long), typeof(int), typeof(string), typeof(string)),
                emitter.Emit(indices[i]), E.Constant(b.Shape[i]), E.Constant(i), E.Constant(b.ToString()), E.Constant(kernel));
            linear = Sum(linear, Scaled(index, b.StrideOf(i)));
        }
        return linear ?? E.Constant(0L);
    }

    private ParameterExpression Hoisted(ExprEmitter emitter, int level, E parent, int size, EquatableArray<(Expr Term, long Factor)> terms)
    {
        var key = (parent, terms, size);
        var at = _levels[level];
        if (at.Hoisted.TryGetValue(key, out var known))
            return known;
        var variable = E.Variable(typeof(long));
        at.Variables.Add(variable);
        at.Prologue.Add(E.Assign(variable, terms.Aggregate(parent, (sum, t) => E.Add(sum, Scaled(emitter.Emit(t.Term), t.Factor * size)))));
        at.Hoisted.Add(key, variable);
        return variable;
    }

    /// <summary>The innermost level that an expression depends on; what reads memory stays where it is.</summary>
    private long LevelOf(Expr e) => e switch
    {
        Var v => _variables.TryGetValue(v, out var known) ? known.Level : NotHoistable,
        Load or Let => NotHoistable,
        _ => e.Children.Select(LevelOf).DefaultIfEmpty(0).Max(),
    };

    private static E Sum(E? a, E b) => a is null ? b : E.Add(a, b);

    private static E Scaled(E a, long scale) => scale == 1 ? a : E.Multiply(a, E.Constant(scale));

    private sealed class Level
    {
        public List<ParameterExpression> Variables { get; } = [];

        public List<E> Prologue { get; } = [];

        public Dictionary<(E Parent, EquatableArray<(Expr Term, long Factor)> Terms, int Size), ParameterExpression> Hoisted { get; } = [];
    }
}
