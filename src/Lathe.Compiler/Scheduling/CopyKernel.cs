using Lathe.Graphs;
using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>The kernel that brings elements from one memory to another, in their order.</summary>
internal static class CopyKernel
{
    public static LoweredKernel Of(string label, TensorType type, Operand from, Operand to)
    {
        long[] shape = [type.Shape.ElementCount];
        var (x, y) = (new Buffer("x0", type.Element, shape), new Buffer("y0", type.Element, shape));
        var kernel = new LoweredKernel(label, new Kernel("", [x], [y], [], For.Of("i0", shape[0], LoopKind.Serial, i => y.Store([i], x[i]))), [from, to]);
        return kernel with { Work = KernelWork.OfCopy(kernel) };
    }
}
