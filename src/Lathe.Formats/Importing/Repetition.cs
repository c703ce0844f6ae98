using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>
/// The loops of models. One whose rounds follow from constants is written out; any other becomes a loop of the graph.
/// </summary>
internal static class Repetition
{
    /// <summary>Loops are written out so many times at most.</summary>
    public const int MaxRounds = 4096;

    /// <summary>
    /// The state after the last round. A loop that cannot be carried is written out by the values that inputs are known to have, if these decide. Throws an
    /// <see cref="UnsupportedException"/> where nothing of this can be.
    /// </summary>
    public static IReadOnlyList<T> Run<T>(ILoopImporter<T> importer, IReadOnlyList<T> initial, LoopParts<T> loop)
        where T : class
    {
        var restart = Attempt.Checkpoint(importer);
        int reported = importer.Places.Count;
        var (state, open) = WrittenOut(importer, importer.PureFolder, initial, loop);
        if (open is null)
            return state;
        if (importer.Places.Count > reported)
            throw new LackingException();
        KeyValuePair<string, T>[] reached = [.. importer.Variables];
        restart();
        var (result, problem) = Attempt.Of(importer, () => new LoopTrace<T>(importer, initial, loop).Result());
        // What a first round changes in kind, such as a shape, may stay the same in later ones.
        if (result is null && state != initial && !open.IsLong)
            result = Attempt.Of(importer, () => From(reached)).Result;
        result ??= Attempt.Of(importer, () => WrittenOut(importer, importer.Folder, initial, loop) is { Open: null, State: var known } ? known : throw new LackingException()).Result;
        return result ?? throw new UnsupportedException("LATHE3062", problem.Length > 0 ? $"{open.Why}, and {problem}" : open.Why);

        IReadOnlyList<T> From(KeyValuePair<string, T>[] variables)
        {
            foreach (var (key, held) in variables)
                importer.Variables[key] = held;
            return new LoopTrace<T>(importer, state, loop).Result();
        }
    }

    /// <summary>The state after all rounds, or after those that are known, and why there are more.</summary>
    private static (IReadOnlyList<T> State, OpenLoop? Open) WrittenOut<T>(ILoopImporter<T> importer, ConstantFolder folder, IReadOnlyList<T> state, LoopParts<T> loop)
    {
        for (int round = 0; ; round++)
        {
            if (folder.TryFold(loop.Condition(state)) is not { } condition)
                return (state, new("the number of its rounds depends on data that only a run gives", false));
            if (condition.Count != 1)
                throw Misfit.Of($"its condition is {condition} and should be one bool");
            if (condition.GetDouble(0) == 0)
                return (state, null);
            if (round == MaxRounds || importer.IsNearlyFull)
                return (state, new($"it takes more than {round} rounds", true));
            state = loop.Body(state);
        }
    }

    private sealed record OpenLoop(string Why, bool IsLong);
}
