using Lathe.Compilation.Memory;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Tuning;

/// <summary>Makes a program of one kernel, so that it can be run alone.</summary>
internal static class KernelProgram
{
    /// <summary>
    /// As many steps as <paramref name="copies"/>, each with parameters of its own; all read the same inputs and write the same outputs, which are
    /// the program's: <c>in0</c> ..., <c>out0</c> ...
    /// </summary>
    public static LoweredProgram Of(LoweredKernel kernel, int copies)
    {
        var inputs = new List<ProgramBuffer>();
        var outputs = new List<ProgramBuffer>();
        var places = new Dictionary<Value, Location>();
        var offsets = new Dictionary<Tensor, long>();
        long parameterBytes = 0, arenaBytes = 0;
        var locations = new List<Location>();
        foreach (var (buffer, i) in kernel.Kernel.Parameters.Select((b, i) => (b, i)))
            locations.Add(Place(buffer, kernel.Operands[i], isRead: i < kernel.Kernel.Inputs.Count));

        Location Place(Loops.Buffer buffer, Operand operand, bool isRead)
        {
            switch (operand)
            {
                case Operand.Of { Value: var value }:
                    var root = Views.Root(value);
                    if (!places.TryGetValue(root, out var place))
                    {
                        var buffers = isRead ? inputs : outputs;
                        place = new(isRead ? Region.Input : Region.Output, buffers.Count);
                        buffers.Add(new($"{(isRead ? "in" : "out")}{buffers.Count}", buffer.Element, buffer.Shape));
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

        var named = kernel.Kernel with { Name = "tuned" };
        var steps = Enumerable.Range(0, copies).Select(copy => new Step(
            kernel.Label,
            named,
            locations.Select(l => l.Region == Region.Parameters ? l with { Offset = l.Offset + (copy * parameterBytes) } : l).ToEquatableArray(),
            kernel.Work));
        var parameters = Enumerable.Range(0, copies).SelectMany(copy => offsets.Select(o => (o.Value + (copy * parameterBytes), o.Key)));
        return new(
            new Program("tuning", inputs.ToEquatableArray(), outputs.ToEquatableArray(), arenaBytes, copies * parameterBytes, steps.ToEquatableArray()),
            [.. parameters]);
    }

    /// <summary>Bytes of a kernel's parameters, each counted once.</summary>
    public static long ParameterBytes(LoweredKernel kernel) =>
        kernel.Operands.OfType<Operand.Parameter>().Select(p => p.Tensor).Distinct().Sum(t => (long)t.Bytes.Length);
}
