using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Loops.Managed;

/// <summary>A program whose kernels are compiled to delegates; those that steps share are compiled once.</summary>
public sealed class ManagedProgram
{
    private readonly ManagedKernel[] _kernels;

    private ManagedProgram(Program program, ManagedKernel[] kernels) => (Program, _kernels) = (program, kernels);

    public Program Program { get; }

    /// <summary>Compiles on all processors.</summary>
    public static ManagedProgram Compile(Program program, bool interpret = false, bool boundsChecked = false)
    {
        var compiled = new ConcurrentDictionary<string, ManagedKernel>();
        Parallel.ForEach(program.Kernels, k => compiled[k.Name] = ManagedKernel.Compile(k, interpret, boundsChecked));
        return new ManagedProgram(program, [.. program.Steps.Select(s => compiled[s.Kernel.Name])]);
    }

    /// <summary>Runs all steps.</summary>
    public void Run(ReadOnlySpan<nint> inputs, ReadOnlySpan<nint> outputs, nint parameters, nint arena, IParallelFor? parallel = null) =>
        Run(inputs, outputs, parameters, arena, parallel, 0, _kernels.Length);

    /// <summary>
    /// Runs steps <paramref name="firstStep"/> to <paramref name="lastStep"/> - 1 on the addresses of inputs and outputs, in
    /// the program's order, of the parameters and of an arena of <see cref="Program.ArenaBytes"/>. The steps of a loop that is only partly among
    /// them run once.
    /// </summary>
    public void Run(
        ReadOnlySpan<nint> inputs, ReadOnlySpan<nint> outputs, nint parameters, nint arena, IParallelFor? parallel, int firstStep, int lastStep)
    {
        if (inputs.Length != Program.Inputs.Count || outputs.Length != Program.Outputs.Count)
            throw new InternalException("LATHE4315", $"program {Program.Name} has {Program.Inputs.Count} inputs and {Program.Outputs.Count} outputs, and was given {inputs.Length} and {outputs.Length}");
        Span<nint> addresses = stackalloc nint[32];
        for (int step = firstStep; step < lastStep; step = Next(step + 1))
        {
            var places = Program.Steps[step].Arguments;
            var bound = places.Count <= addresses.Length ? addresses[..places.Count] : new nint[places.Count];
            for (int i = 0; i < bound.Length; i++)
            {
                var (region, offset) = places[i];
                bound[i] = region switch
                {
                    Region.Input => inputs[(int)offset],
                    Region.Output => outputs[(int)offset],
                    Region.Parameters => parameters + (nint)offset,
                    _ => arena + (nint)offset,
                };
            }
            _kernels[step].Run(bound, parallel);
        }

        int Next(int step)
        {
            foreach (var loop in Program.Loops)
            {
                if (loop.First < firstStep || loop.Last > lastStep)
                    continue;
                if (step == loop.Last)
                    return loop.First;
                if (step == loop.Body && Marshal.ReadByte(arena + (nint)loop.Condition) == 0)
                    return loop.Last;
            }
            return step;
        }
    }
}
