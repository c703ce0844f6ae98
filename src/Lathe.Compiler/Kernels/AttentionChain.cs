using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Two products of matrices with a group of rows between them, as attention is: scores of queries and keys, the probabilities that a softmax makes of
/// them, and the product of these with the values. Row i of a product's data depends on row i of what is before it alone.
/// </summary>
/// <param name="Scores">The first product, [.., queries, keys], with its scale and mask.</param>
/// <param name="Probabilities">The rows between: [.., queries, keys] under any shape with rows of keys.</param>
/// <param name="Result">The second product.</param>
internal sealed record AttentionChain(Group Scores, Group Probabilities, Group Result)
{
    public ContractionForm ScoresForm { get; } = ContractionForm.Of(Scores.Anchor!)!;

    public ContractionForm ResultForm { get; } = ContractionForm.Of(Result.Anchor!)!;

    /// <summary>The chain that a group with a producer is.</summary>
    public static AttentionChain Of(Group group) => new(group.Producer!.Producer!, group.Producer with { Producer = null }, group);

    public RowSpace Space => Probabilities.Rows!;

    /// <summary>Independent products: the batch and its heads.</summary>
    public long Images => ScoresForm.Work.Images;

    /// <summary>Rows of an image.</summary>
    public long Queries => ScoresForm.Work.Width;

    /// <summary>Places in a row.</summary>
    public long Keys => ScoresForm.Work.Columns;

    public long Macs => ScoresForm.Work.Macs + ResultForm.Work.Macs;

    /// <summary>What the keys and values of an image take.</summary>
    public long OperandBytes => Keys * (ScoresForm.Work.Depth + ResultForm.Work.Columns) * ElementSize;

    public int ElementSize => ScoresForm.Work.Element.Size;

    /// <summary>
    /// Elements from a row to the next in the kernel's memory: an odd number of lines, so that rows do not compete for the same few places of the
    /// first-level cache.
    /// </summary>
    public long RowStride(MachineFacts machine)
    {
        long line = Math.Max(1, machine.LineBytes / ElementSize);
        return (ContractionConfig.DivideUp(Keys, line) | 1) * line;
    }

    /// <summary>Scores and probabilities of so many queries.</summary>
    public long LocalBytes(long queries, MachineFacts machine) => 2 * queries * RowStride(machine) * ElementSize;

    /// <summary>Whether a value is the scores, under their own shape or another.</summary>
    public bool AreScores(Value value) => Views.Root(value) == Scores.Result;
}
