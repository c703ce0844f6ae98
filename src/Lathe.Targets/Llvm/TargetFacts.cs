namespace Lathe.Targets.Llvm;

/// <summary>What a CPU can do, as far as kernels are shaped by it.</summary>
/// <param name="VectorBytes">The width of a vector register; 4 where there is none.</param>
/// <param name="VectorRegisters">How many of them the architecture names.</param>
/// <param name="HasFma">A fused multiply-add instruction; without it LLVM would call libm.</param>
/// <param name="HasHalfConversion">Instructions between float16 and float32.</param>
/// <param name="HasRounding">Instructions for floor, ceil, trunc and rint.</param>
/// <param name="PointerBytes">4 or 8.</param>
/// <param name="Dot">How products of bytes are summed.</param>
/// <param name="DotBytes">The widest vector of bytes that the instruction takes.</param>
public sealed record TargetFacts(
    int VectorBytes, int VectorRegisters, bool HasFma, bool HasHalfConversion, bool HasRounding, int PointerBytes, DotInstruction Dot, int DotBytes)
{
    /// <summary>Multiply-adds of vectors of 16 floats that round down.</summary>
    public bool FloorsFma { get; init; }

    /// <summary>There is an instruction that shifts the bits of a number of 32 bits in at the end of another, for a whole vector of them.</summary>
    public bool FunnelShifts { get; init; }

    /// <summary>There is an instruction for estimates of 16 reciprocals.</summary>
    public bool EstimatesReciprocals { get; init; }
}
