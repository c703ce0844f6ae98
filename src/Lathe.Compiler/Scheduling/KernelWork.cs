using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Counts what a kernel has to do, for profiles.</summary>
internal static class KernelWork
{
    /// <summary>The work of a group's kernel.</summary>
    public static Work Of(LoweredKernel kernel, Group group, IReadOnlySet<Value> materialized)
    {
        var nodes = GroupNodes.Of(group, materialized);
        long elsewhere = group.Place is { Whole: var whole } ? Bytes(whole) - Bytes(group.Result) : group.Placed.Sum(Bytes);
        long flops = nodes.Sum(n => n.Op.Flops(n));
        var (values, weights) = Bytes(kernel, nodes);
        return new(flops, Math.Min(flops, KernelArithmetic.Of(kernel.Kernel) ?? flops), values - elsewhere + weights, weights);
    }

    /// <summary>The work of a kernel that only brings elements from one memory to another.</summary>
    public static Work OfCopy(LoweredKernel kernel)
    {
        var (values, weights) = Bytes(kernel, []);
        return new(0, 0, values + weights, weights);
    }

    /// <summary>
    /// The distinct buffers of a kernel without its scratch memory, values and parameters apart. Of a value that only some elements are picked from, those count.
    /// </summary>
    private static (long Values, long Weights) Bytes(LoweredKernel kernel, IReadOnlyList<Node> nodes)
    {
        var seen = new HashSet<Operand>();
        var (values, weights) = (0L, 0L);
        foreach (var (operand, buffer) in kernel.Operands.Zip(kernel.Kernel.Parameters))
        {
            if (operand is Operand.Scratch || !seen.Add(Memory(operand)))
                continue;
            long bytes = Math.Min(buffer.ElementCount * buffer.Element.Size, PickedBytes(operand, nodes));
            if (operand is Operand.Parameter or Operand.Of { Value.Constant: not null })
                weights += bytes;
            else
                values += bytes;
        }
        return (values, weights);
    }

    /// <summary>Views of one value are the same memory.</summary>
    private static Operand Memory(Operand operand) => operand is Operand.Of { Value: var value } ? new Operand.Of(Views.Root(value)) : operand;

    /// <summary>How much of an operand the nodes read that only pick elements from it; no bound where another node reads it too.</summary>
    private static long PickedBytes(Operand operand, IReadOnlyList<Node> nodes)
    {
        var readers = nodes.Where(n => n.Inputs.Any(i => IsOf(i, operand))).ToList();
        return readers.Count > 0 && readers.All(n => n.Op is Gather or GatherElements or GatherND or Slice && IsOf(n.Inputs[0], operand) && n.Inputs.Count(i => IsOf(i, operand)) == 1)
            ? readers.Sum(n => Bytes(n.Output))
            : long.MaxValue;
    }

    private static long Bytes(Value value) => value.Shape.ElementCount * value.Element.Size;

    private static bool IsOf(Value value, Operand operand) => operand switch
    {
        Operand.Of of => of.Value == value,
        Operand.Parameter { Tensor: var tensor } => ReferenceEquals(value.Constant, tensor),
        _ => false,
    };
}
