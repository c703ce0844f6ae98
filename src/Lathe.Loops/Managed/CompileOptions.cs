namespace Lathe.Loops.Managed;

/// <summary>How a kernel becomes a delegate, see <see cref="ManagedKernel.Compile"/>.</summary>
internal readonly record struct CompileOptions(bool Interpret, bool BoundsChecked);
