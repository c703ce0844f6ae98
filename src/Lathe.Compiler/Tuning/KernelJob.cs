using Lathe.Compilation.Memory;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Tuning;

/// <summary>A kernel and what it takes to run it alone, in a form that can be sent to another process.</summary>
/// <param name="Kernel">In the loop language.</param>
/// <param name="Arguments">Where each of the kernel's buffers lies, inputs and outputs being numbered in the order in which they are met.</param>
/// <param name="ParameterBytes">Of one copy, a multiple of 64.</param>
/// <param name="Parameters">Bytes of the parameters at their offsets, in ascending order.</param>
internal sealed record KernelJob(
    string Kernel, IReadOnlyList<Location> Arguments, long ArenaBytes, long ParameterBytes, IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Bytes)> Parameters)
{
    public static KernelJob Of(LoweredKernel kernel)
    {
        var places = new Dictionary<Value, Location>();
        var offsets = new Dictionary<Tensor, long>();
        long inputs = 0, outputs = 0, parameterBytes = 0, arenaBytes = 0;

        Location Place(Operand operand, bool isRead)
        {
            switch (operand)
            {
                case Operand.Of { Value: var value }:
                    var root = Views.Root(value);
                    if (!places.TryGetValue(root, out var place))
                    {
                        place = isRead ? new(Region.Input, inputs++) : new(Region.Output, outputs++);
                        places.Add(root, place);
                    }
                    return place;
                case Operand.Parameter { Tensor: var tensor }:
                    if (!offsets.TryGetValue(tensor, out long offset))
                    {
                        offset = parameterBytes;
                        offsets.Add(tensor, offset);
                        parameterBytes = ArenaPlanner.Align(offset + tensor.Bytes.Length);
                    }
                    return new(Region.Parameters, offset);
                case Operand.Scratch scratch:
                    long at = arenaBytes;
                    arenaBytes = ArenaPlanner.Align(at + scratch.Bytes);
                    return new(Region.Arena, at);
                default:
                    throw new InternalException("LATHE5310", $"the kernel of '{kernel.Label}' has an operand that no kernel of a group has");
            }
        }

        Location[] arguments = [.. kernel.Operands.Select((o, i) => Place(o, isRead: i < kernel.Kernel.Inputs.Count))];
        return new(
            LoopText.Print(kernel.Kernel with { Name = "tuned" }), arguments, arenaBytes, parameterBytes,
            [.. offsets.OrderBy(o => o.Value).Select(o => (o.Value, (ReadOnlyMemory<byte>)o.Key.Bytes))]);
    }

    /// <summary>
    /// As many steps as <paramref name="copies"/>, each with parameters of its own; all read the same inputs and write the same outputs, which are
    /// the program's: <c>in0</c> ..., <c>out0</c> ..., without their shapes, as kernels of one workload may see the same memory as images or as matrices; what lies in a larger value's memory is as
    /// long as from its first element to its last. Throws a <see cref="LatheException"/> for a text that is no kernel.
    /// </summary>
    public LoweredProgram Program(int copies)
    {
        var kernel = LoopText.ParseKernel(Kernel);
        Loops.Buffer[] buffers = [.. kernel.Parameters];
        if (buffers.Length != Arguments.Count)
            throw new InternalException("LATHE5312", $"a kernel with {buffers.Length} buffers was sent places for {Arguments.Count}");
        EquatableArray<ProgramBuffer> Bound(Region region, string name) => buffers.Zip(Arguments)
            .Where(b => b.Second.Region == region)
            .GroupBy(b => b.Second.Offset, b => b.First)
            .OrderBy(b => b.Key)
            .Select(b => new ProgramBuffer($"{name}{b.Key}", b.First().Element, [b.Max(p => p.Bytes) / b.First().Element.Size]))
            .ToEquatableArray();
        var steps = Enumerable.Range(0, copies).Select(copy => new Step(
            kernel.Name,
            kernel,
            Arguments.Select(l => l.Region == Region.Parameters ? l with { Offset = l.Offset + (copy * ParameterBytes) } : l).ToEquatableArray()));
        var parameters = Enumerable.Range(0, copies).SelectMany(copy => Parameters.Select(
            p => (p.Offset + (copy * ParameterBytes), new Tensor(DType.UInt8, Shape.Of(p.Bytes.Length), System.Runtime.InteropServices.MemoryMarshal.AsMemory(p.Bytes)))));
        return new(
            new Program("tuning", Bound(Region.Input, "in"), Bound(Region.Output, "out"), ArenaBytes, copies * ParameterBytes, steps.ToEquatableArray()),
            [.. parameters]);
    }
}
