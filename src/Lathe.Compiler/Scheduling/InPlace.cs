using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Lets kernels store their results over an input of the same shape that nothing reads later, such as what a residual layer adds: where they read each
/// element of it only to store the same element, and store each once. A large result's memory is then fetched once, not once to be read and once to be
/// written.
/// </summary>
internal sealed class InPlace
{
    private readonly IReadOnlyList<GraphLoop> _loops;
    private readonly Func<Operand, Operand?> _memory;
    private readonly Dictionary<Operand, (int First, int Last)> _lives = [];
    private readonly Dictionary<Operand, Operand> _over = [];

    /// <param name="kernels">In the order in which they run.</param>
    /// <param name="loops">The steps that are repeated.</param>
    /// <param name="memory">The memory that an operand is in, where that lasts for several steps and may be written over; else null.</param>
    public InPlace(IReadOnlyList<LoweredKernel> kernels, IReadOnlyList<GraphLoop> loops, Func<Operand, Operand?> memory)
    {
        (_loops, _memory) = (loops, memory);
        for (int step = 0; step < kernels.Count; step++)
            foreach (var operand in kernels[step].Operands)
                if (memory(operand) is { } used)
                    _lives[used] = (_lives.TryGetValue(used, out var life) ? life.First : step, step);
        Kernels = [.. kernels.Select(Lower)];
    }

    /// <summary>The kernels, without the inputs over which they store: those are in the memory of the output.</summary>
    public IReadOnlyList<LoweredKernel> Kernels { get; }

    /// <summary>The memory that a memory is in: that of what is stored over, or itself.</summary>
    public Operand Of(Operand memory) => _over.GetValueOrDefault(memory, memory);

    private LoweredKernel Lower(LoweredKernel kernel, int step)
    {
        int inputs = kernel.Kernel.Inputs.Count;
        if (!kernel.StoresOnce || kernel.Kernel.Outputs is not [var result] || _memory(kernel.Operands[inputs]) is not { } to || _lives[to].First != step)
            return kernel;
        for (int input = 0; input < inputs; input++)
        {
            if (_memory(kernel.Operands[input]) is { } from && EndsAt(from, step) && kernel.Operands.Count(o => from.Equals(_memory(o))) == 1
                && ReadsWhatItStores(kernel.Kernel, kernel.Kernel.Inputs[input], result))
            {
                _over[to] = Of(from);
                return Over(kernel, input);
            }
        }
        return kernel;
    }

    /// <summary>Whether nothing reads a memory after a step, nor in the next round of a loop around it.</summary>
    private bool EndsAt(Operand memory, int step) =>
        _lives[memory].Last == step && !_loops.Any(l => l.First <= step && step < l.Last && _lives[memory].First < l.First);

    /// <summary>Whether a kernel reads an element of an input, or of the result, only for the store of the same element of the result.</summary>
    private static bool ReadsWhatItStores(Kernel kernel, Buffer input, Buffer result)
    {
        bool Reads(Expr e) => e is Load load && (load.Buffer == input || load.Buffer == result);
        return input.Element == result.Element && input.Shape == result.Shape && input.Strides.Count == 0 && kernel.Body.Descendants().All(s => s is Store store && store.Buffer == result
            ? store.Value.Descendants().Where(Reads).All(e => ((Load)e).Buffer == input && ((Load)e).Indices == store.Indices)
                && !store.Indices.SelectMany(i => i.Descendants()).Any(Reads)
            : !s.Expressions.SelectMany(e => e.Descendants()).Any(Reads));
    }

    private static LoweredKernel Over(LoweredKernel kernel, int input)
    {
        var (from, to) = (kernel.Kernel.Inputs[input], kernel.Kernel.Outputs[0]);
        var body = kernel.Kernel.Body.Rewrite(
            s => s is Prefetch prefetch && prefetch.Buffer == from ? Stmt.Sequence() : null,
            e => e is Load load && load.Buffer == from ? to[load.Indices] : null);
        return kernel with
        {
            Kernel = kernel.Kernel with { Inputs = Without(kernel.Kernel.Inputs, input), Body = body },
            Operands = Without(kernel.Operands, input),
            Work = kernel.Work with { Bytes = Math.Max(0, kernel.Work.Bytes - from.Bytes) },
        };
    }

    private static EquatableArray<T> Without<T>(EquatableArray<T> list, int index) => list.Where((_, i) => i != index).ToEquatableArray();
}
