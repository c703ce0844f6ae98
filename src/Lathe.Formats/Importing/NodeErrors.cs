using Lathe.Graphs;

namespace Lathe.Formats.Importing;

/// <summary>What becomes of errors that are thrown while a node of a model is imported: whatever is told to the user names the node.</summary>
/// <param name="Beginning">What all descriptions of nodes begin with; an error that begins so names its node already.</param>
/// <param name="RangeCode">The code of the error for numbers that are out of range.</param>
/// <param name="BugCode">The code of the error for what is Lathe's own fault.</param>
internal sealed record NodeErrors(string Beginning, string RangeCode, string BugCode)
{
    /// <summary>
    /// What a node gives; null where a value that it reads is lacking, which has been reported already, or where something is not supported, which goes to
    /// <paramref name="report"/>. Other errors are thrown, with the node before them.
    /// </summary>
    /// <param name="describe">The node, as in "node 'conv1' (Conv)".</param>
    public T? Import<T>(Func<string> describe, Func<T?> import, Action<string> report) where T : class
    {
        try
        {
            return import();
        }
        catch (LackingException)
        {
            return null;
        }
        catch (UnsupportedException e)
        {
            report(NamesNode(e) ? e.Message : $"{describe()}: {e.Message}");
            return null;
        }
        catch (ModelException e) when (!NamesNode(e))
        {
            throw new ModelException(e.Code, $"{describe()}: {e.Message}", e.Next, e);
        }
        catch (OverflowException e)
        {
            throw new ModelException(RangeCode, $"{describe()}: a number is out of range", inner: e);
        }
        catch (Exception e) when (e is not (LatheException or OutOfMemoryException))
        {
            throw new InternalException(BugCode, $"{describe()}: {e.GetType().Name}: {e.Message}", e);
        }
    }

    /// <summary>A value that a model gives out; null where it cannot be made, which goes to <paramref name="report"/> unless it has been reported already.</summary>
    public static Value? Output(string what, Func<Value> read, Action<string> report)
    {
        try
        {
            return read();
        }
        catch (LackingException)
        {
        }
        catch (UnsupportedException e)
        {
            report($"{what}: {e.Message}");
        }
        return null;
    }

    private bool NamesNode(LatheException e) => e.Message.StartsWith(Beginning, StringComparison.Ordinal);
}
