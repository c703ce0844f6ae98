namespace Lathe.Formats.Importing;

/// <summary>Reading that may come to nothing.</summary>
internal static class Attempt
{
    /// <summary>Errors of models that are too large or nested too deeply, in ONNX, TFLite and TensorFlow: another try would only meet them again, and at each level of nesting.</summary>
    private static readonly HashSet<string> Limits = ["LATHE3044", "LATHE3054", "LATHE3220", "LATHE3222", "LATHE3535", "LATHE3540"];

    /// <summary>
    /// What is read, or null and why it cannot be; then nothing of it is left in the importer.
    /// </summary>
    public static (TResult? Result, string Problem) Of<T, TResult>(ILoopImporter<T> importer, Func<TResult> read) where TResult : class
    {
        var undo = Checkpoint(importer);
        int reported = importer.Places.Count;
        string problem = "";
        try
        {
            var result = read();
            if (importer.Places.Count == reported)
                return (result, "");
        }
        catch (LackingException)
        {
        }
        catch (LatheException e) when (e is ModelException or UnsupportedException && !Limits.Contains(e.Code))
        {
            problem = e.Message;
        }
        problem = string.Join("; ", importer.Places.Skip(reported).Append(problem).Where(p => p.Length > 0));
        undo();
        return (null, problem);
    }

    /// <summary>Takes back what is reported and assigned from here on.</summary>
    public static Action Checkpoint<T>(ILoopImporter<T> importer)
    {
        int reported = importer.Places.Count;
        KeyValuePair<string, T>[] variables = [.. importer.Variables];
        return () =>
        {
            importer.Places.RemoveRange(reported, importer.Places.Count - reported);
            importer.Variables.Clear();
            foreach (var (key, held) in variables)
                importer.Variables.Add(key, held);
        };
    }
}
