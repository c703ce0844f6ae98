using Lathe.Formats.TensorFlow.Operators;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>Reads a loop of TensorFlow 1 round after round, each in a scope of its own, and defines what its Exit nodes give in the scope around it.</summary>
/// <param name="importer">Reads what is inside.</param>
/// <param name="loop">The loop.</param>
/// <param name="around">Where the loop is.</param>
internal sealed class LoopRounds(ModelImporter importer, Loop loop, Scope around)
{
    private readonly Loop.Variable[] _variables = loop.Needed(around);
    private IReadOnlyList<Slot> _state = [];
    private Scope? _round;

    public void Run()
    {
        Slot[] state = [.. _variables.Select(v => importer.ReadSlot(around, v.Enter.Inputs[0]))];
        var exits = ControlFlow.Rounds(importer, state, before => importer.Read(RoundOf(before), new(loop.Condition.Name, 0)), Next);
        foreach (var (variable, exit) in _variables.Zip(exits))
            if (variable.Exit is { } node)
                around.Define(node.Name, exit);
    }

    private Slot[] Next(IReadOnlyList<Slot> before) =>
    [
        .. _variables.Select(v => importer.ReadSlot(
            RoundOf(before), new((v.Next ?? throw new ModelException("LATHE3513", $"the loop's variable '{v.Merge.Name}' has no next value")).Name, 0))),
    ];

    /// <summary>The scope of the round that begins with this state. What decides on a round and what the round does have nodes in common.</summary>
    private Scope RoundOf(IReadOnlyList<Slot> state)
    {
        if (_round is not null && ReferenceEquals(state, _state))
            return _round;
        (_state, _round) = (state, new Scope(around.Body, around, loop.Frame, around.Depth + 1, around.Needed));
        foreach (var (variable, before) in _variables.Zip(state))
            _round.Define(variable.Merge.Name, before, new Slot.Lacking("the number of a loop's operand is not supported"));
        return _round;
    }
}
