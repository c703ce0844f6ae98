namespace Lathe.Graphs.Cost;

/// <summary>
/// A way to count operations. Tools differ in what they count, so each is reproduced by itself, and its numbers can be compared with the tool's.
/// </summary>
public interface IFlopDialect
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>What is counted: FLOPs or MACs.</summary>
    string Unit { get; }

    /// <summary>The count of a node, or null for an op that the tool leaves out.</summary>
    long? Count(Node node);
}
