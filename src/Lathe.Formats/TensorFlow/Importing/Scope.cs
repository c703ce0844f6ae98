namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>One use of a body: a call of a function, or a round of a loop. What its nodes' outputs stand for, by the nodes' names.</summary>
/// <param name="body">The nodes.</param>
/// <param name="around">For a round of a loop, where the loop is.</param>
/// <param name="frame">For a round of a loop, its name.</param>
/// <param name="depth">How many calls and loops are around.</param>
/// <param name="needed">The nodes that the body's results depend on.</param>
internal sealed class Scope(Body body, Scope? around, string? frame, int depth, IReadOnlySet<string> needed)
{
    private readonly Dictionary<string, IReadOnlyList<Slot>> _slots = new(StringComparer.Ordinal);

    public Body Body => body;

    public Scope? Around => around;

    public string? Frame => frame;

    public int Depth => depth;

    public IReadOnlySet<string> Needed => needed;

    public IReadOnlyList<Slot>? Find(string node) => _slots.GetValueOrDefault(node);

    public void Define(string node, params IReadOnlyList<Slot> outputs) => _slots[node] = outputs;
}
