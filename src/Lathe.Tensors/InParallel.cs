using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Lathe.Tensors;

/// <summary>Work on all processors whose results do not depend on their number.</summary>
public static class InParallel
{
    /// <summary>
    /// The results of all items, in their order. Items are begun in the order of <paramref name="weights"/>, the heaviest first, where that is given, so that no
    /// thread is left with a long one at the end. What an item throws is thrown as it is: of several, the error of the first item that has one.
    /// </summary>
    /// <param name="items">What the work is done for.</param>
    /// <param name="work">Runs for several items at once.</param>
    /// <param name="weights">How long an item takes, in any unit.</param>
    /// <param name="threads">The most items at once; 0 for one a processor.</param>
    public static TResult[] Map<T, TResult>(IReadOnlyList<T> items, Func<T, TResult> work, Func<T, long>? weights = null, int threads = 0)
    {
        var results = new TResult[items.Count];
        var errors = new ExceptionDispatchInfo?[items.Count];
        int[] order = [.. Enumerable.Range(0, items.Count)];
        if (weights is not null)
            order = [.. order.OrderByDescending(i => weights(items[i]))];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        Parallel.ForEach(Partitioner.Create(order, EnumerablePartitionerOptions.NoBuffering), options, (i, state) =>
        {
            try
            {
                results[i] = work(items[i]);
            }
            catch (Exception e)
            {
                errors[i] = ExceptionDispatchInfo.Capture(e);
                state.Stop();
            }
        });
        errors.FirstOrDefault(e => e is not null)?.Throw();
        return results;
    }
}
