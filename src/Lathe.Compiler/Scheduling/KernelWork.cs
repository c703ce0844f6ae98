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
        return new(nodes.Sum(n => n.Op.Flops(n)), Bytes(kernel, nodes) - elsewhere);
    }

    /// <summary>The distinct buffers of a kernel without its scratch memory. Of a value that only some elements are picked from, those count.</summary>
    public static long Bytes(LoweredKernel kernel, IReadOnlyList<Node> nodes)
    {
        var seen = new HashSet<Operand>();
        long total = 0;
        foreach (var (operand, buffer) in kernel.Operands.Zip(kernel.Kernel.Parameters))
            if (operand is not Operand.Scratch && seen.Add(Memory(operand)))
                total += Math.Min(buffer.ElementCount * buffer.Element.Size, PickedBytes(operand, nodes));
        return total;
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
