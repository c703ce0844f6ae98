using Lathe.Graphs;

namespace Lathe.Formats.Importing;

/// <summary>An importer as loops and attempts see it.</summary>
/// <typeparam name="T">What the names of the format stand for.</typeparam>
internal interface ILoopImporter<T>
{
    GraphBuilder Builder { get; }

    /// <summary>Folds what no input's value is needed for.</summary>
    ConstantFolder PureFolder { get; }

    /// <summary>Folds with the values that inputs are known to have.</summary>
    ConstantFolder Folder { get; }

    Guards Guards { get; }

    /// <summary>The places that cannot be imported, as far as they are known.</summary>
    List<string> Places { get; }

    /// <summary>What variables hold at this point of a run, by their keys.</summary>
    Dictionary<string, T> Variables { get; }

    /// <summary>Whether there is hardly room for more nodes, so that loops should not be written out any further.</summary>
    bool IsNearlyFull { get; }

    /// <summary>What a variable that a round assigns holds before; throws where that is nothing.</summary>
    T Held(string variable);
}
