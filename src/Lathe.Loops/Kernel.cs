using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// A function over buffers. Inputs are only read; outputs are written before they are read, or hold data that the kernel writes over; scratch is
/// memory whose contents do not matter before, and after only to the kernel's next call. No two buffers overlap.
/// </summary>
public sealed record Kernel(
    string Name, EquatableArray<Buffer> Inputs, EquatableArray<Buffer> Outputs, EquatableArray<Buffer> Scratch, Stmt Body)
{
    /// <summary>All buffers in calling order: inputs, outputs, scratch.</summary>
    public IEnumerable<Buffer> Parameters => Inputs.Concat(Outputs).Concat(Scratch);

    public override string ToString() => LoopText.Print(this);
}
