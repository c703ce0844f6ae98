using Lathe.Graphs;

namespace Lathe.Formats.Importing;

/// <summary>A loop of a model, whose state is a list of whatever the names of the format stand for.</summary>
/// <param name="Condition">Whether another round begins with a state.</param>
/// <param name="Body">What a round makes of a state; constants that are small are folded.</param>
/// <param name="Tensor">
/// The tensor that is carried for an entry of the state. The second entry is the same one a round before or after, which may know more about its shape. Throws an
/// <see cref="UnsupportedException"/> for an entry that is no tensor.
/// </param>
/// <param name="With">An entry with a carried tensor in its place.</param>
/// <param name="Unread">How many entries in front are of no use after the loop, so that they need not be right then.</param>
internal sealed record LoopParts<T>(
    Func<IReadOnlyList<T>, Value> Condition, Func<IReadOnlyList<T>, IReadOnlyList<T>> Body, Func<T, T, Value> Tensor, Func<T, Value, T> With, int Unread = 0);
