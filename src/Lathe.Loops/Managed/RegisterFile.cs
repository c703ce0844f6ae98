using System.Linq.Expressions;
using Lathe.Tensors;
using E = System.Linq.Expressions.Expression;

namespace Lathe.Loops.Managed;

/// <summary>A Local buffer held in variables: a scalar or vector each, as the buffer is always accessed in the same pieces.</summary>
internal sealed class RegisterFile
{
    private const int Maximum = 64;

    private readonly Buffer _buffer;
    private readonly Dictionary<(long Start, int Lanes), ParameterExpression> _registers = [];

    private RegisterFile(Buffer buffer) => _buffer = buffer;

    public IEnumerable<ParameterExpression> Variables => _registers.Values;

    public ParameterExpression this[EquatableArray<Expr> indices] => _registers[Piece(_buffer, indices) ?? default];

    /// <summary>Null where an index varies, pieces overlap, there are too many, or another function would share the buffer.</summary>
    public static RegisterFile? For(Allocate a)
    {
        var file = new RegisterFile(a.Buffer);
        foreach (var s in a.Body.Descendants())
        {
            if (s is For { Kind: LoopKind.Parallel } || (s is Store st && st.Buffer.Name == a.Buffer.Name && !file.Add(st.Indices)))
                return null;
            foreach (var load in s.Expressions.SelectMany(e => e.Descendants()).OfType<Load>())
                if (load.Buffer.Name == a.Buffer.Name && !file.Add(load.Indices))
                    return null;
        }
        long end = 0;
        foreach (var (start, lanes) in file._registers.Keys.Order())
        {
            if (start < end)
                return null;
            end = start + lanes;
        }
        return file;
    }

    private bool Add(EquatableArray<Expr> indices)
    {
        if (Piece(_buffer, indices) is not { } piece)
            return false;
        if (!_registers.ContainsKey(piece))
        {
            var type = piece.Lanes == 1 ? Representation.Of(_buffer.Element) : VectorEmitter.TypeOf(new ExprType(_buffer.Element, piece.Lanes));
            _registers.Add(piece, E.Variable(type, $"{_buffer.Name}{piece.Start}"));
        }
        return _registers.Count <= Maximum;
    }

    /// <summary>The number of the first element and the lanes, if the indices are constants inside the buffer.</summary>
    private static (long Start, int Lanes)? Piece(Buffer b, EquatableArray<Expr> indices)
    {
        var (at, lanes) = (0L, 1);
        for (int i = 0; i < indices.Count; i++)
        {
            var index = indices[i];
            if (index is Ramp { Stride: IntConst { Value: 1 } } ramp && i == indices.Count - 1)
                (index, lanes) = (ramp.Base, ramp.Count);
            if (index is not IntConst { Value: var value } || value < 0 || value + lanes > b.Shape[i])
                return null;
            at = (at * b.Shape[i]) + value;
        }
        return (at, lanes);
    }
}
