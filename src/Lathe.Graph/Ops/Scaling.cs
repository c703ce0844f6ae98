using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// What integers stand for: scale * (integer - zero point), one scale for all, or one for each place along an axis. Without scales: numbers as they are.
/// </summary>
public sealed record Scaling(EquatableArray<double> Scales, EquatableArray<long> ZeroPoints, int Axis)
{
    public static Scaling None { get; } = new([], [], 0);
}
