using Lathe.Targets;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>What schedules and kernel generators need to know of the processor that the code is for.</summary>
/// <param name="VectorBytes">Width of a vector register; 0 when the target has no vectors.</param>
/// <param name="VectorRegisters">How many vector registers there are.</param>
/// <param name="Threads">How many threads may run the code; parallel loops are cut into a few tasks for each.</param>
/// <param name="L1Bytes">First-level data cache of a core.</param>
/// <param name="L2Bytes">Second-level cache of a core, or its share of one.</param>
/// <param name="L1Ways">Lines of the first level that may have the same place: addresses that are L1Bytes / L1Ways apart compete for them.</param>
/// <param name="L3Bytes">Third-level cache of all cores together; 0 when there is none.</param>
/// <param name="LineBytes">A line of the first-level cache.</param>
public sealed record MachineFacts(
    int VectorBytes, int VectorRegisters, int Threads, long L1Bytes, long L2Bytes, int L1Ways = 8, long L3Bytes = 32 << 20, int LineBytes = 64)
{
    /// <summary>What loads and reading take beside multiply-adds.</summary>
    public CoreRates Rates { get; init; } = CoreRates.Usual;

    /// <summary>Products of bytes take unsigned data; signed ones cost more.</summary>
    public bool UnsignedData { get; init; }

    /// <summary>There are instructions for <see cref="Loops.Pack"/>.</summary>
    public bool PacksBytes { get; init; }

    /// <summary>There are instructions for <see cref="Loops.FloorFma"/>.</summary>
    public bool FloorsFma { get; init; }

    /// <summary>There is an instruction that shifts pairs of i32 in whole vectors.</summary>
    public bool FunnelShifts { get; init; }

    /// <summary>How many lines at a distance of so many bytes have places of their own in the first level; after them they compete for the same ones.</summary>
    public long PlacesAt(long distance)
    {
        long way = Math.Max(1, L1Bytes / Math.Max(1, L1Ways));
        return way / Math.Min(way, distance & -distance);
    }

    /// <summary>Lanes of an element type in a vector register, at least 1.</summary>
    public int Lanes(DType element) => Math.Max(1, VectorBytes / Math.Max(element.Size, 2));
}
