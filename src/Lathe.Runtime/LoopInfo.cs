namespace Lathe.Runtime;

/// <summary>
/// Steps that repeat: those from First to Body - 1 compute a condition; if it holds, those from Body to Last - 1 follow, and then First again.
/// </summary>
/// <param name="Condition">The offset in the arena of a bool, one byte.</param>
public sealed record LoopInfo(int First, int Body, int Last, long Condition);
