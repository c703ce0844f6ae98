namespace Lathe.Loops.Managed;

/// <summary>A compiled kernel: the address of its buffers' addresses, Local memory of this call, a way to run in parallel.</summary>
internal delegate void KernelBody(long buffers, long locals, IParallelFor? parallel);
