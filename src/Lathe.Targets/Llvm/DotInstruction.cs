namespace Lathe.Targets.Llvm;

/// <summary>What a CPU has for <see cref="Loops.Dot4"/>.</summary>
public enum DotInstruction
{
    /// <summary>Multiplications of i32.</summary>
    None,

    /// <summary>Sums of two products of i16: x86's pmaddwd.</summary>
    Pairs,

    /// <summary>Sums of four products of unsigned data and signed weights: x86's vpdpbusd.</summary>
    Vnni,

    /// <summary>Sums of four products of signed bytes: AArch64's sdot.</summary>
    Signed,
}
