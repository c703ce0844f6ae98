namespace Lathe.Compilation.Verification;

/// <summary>A model with recorded inputs and outputs.</summary>
/// <param name="Name">The folder's path from the one that was searched.</param>
/// <param name="Model">The path of the model, a file or a folder.</param>
/// <param name="DataSets">The folders test_data_set_N, in their order.</param>
public sealed record ConformanceCase(string Name, string Model, IReadOnlyList<string> DataSets)
{
    private static readonly string[] ModelEndings = [".onnx", ".tflite", ".h5", ".hdf5", ".keras", ".pb"];

    /// <summary>
    /// All cases in a folder or below it: folders that hold a model of any format and folders test_data_set_N. In name order. Throws a
    /// <see cref="ModelException"/> when there is none.
    /// </summary>
    public static IReadOnlyList<ConformanceCase> Find(string folder)
    {
        if (!Directory.Exists(folder))
            throw new ModelException("LATHE5100", File.Exists(folder) ? $"{folder} is a file" : $"there is no folder {folder}", "give the folder that holds the model and its recorded values");
        string root = Path.GetFullPath(folder);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var cases = Directory.EnumerateDirectories(root, "*", options).Prepend(root)
            .Order(StringComparer.Ordinal)
            .Select(f => In(f, root))
            .OfType<ConformanceCase>()
            .ToList();
        return cases.Count > 0 ? cases : throw new ModelException(
            "LATHE5101", $"{folder} holds no case", "a case is a folder with a model and recorded values (test_data_set_0/input_0.pb and output_0.pb, or test_data_set_0/inputs.npz and outputs.npz)");
    }

    private static ConformanceCase? In(string folder, string root)
    {
        string[] sets = [.. Directory.EnumerateDirectories(folder, "test_data_set_*").OrderBy(s => s.Length).ThenBy(s => s, StringComparer.Ordinal)];
        if (sets.Length == 0)
            return null;
        string[] models = [.. Directory.EnumerateFileSystemEntries(folder).Where(IsModel).OrderBy(m => Path.GetFileNameWithoutExtension(m) == "model" ? 0 : 1).ThenBy(m => m, StringComparer.Ordinal)];
        if (models.Length == 0)
            return null;
        string name = folder == root ? Path.GetFileName(folder) : Path.GetRelativePath(root, folder);
        return new(name, models[0], sets);
    }

    /// <summary>Whether a file's name, or what a folder holds, is a model's; its format is told by its content later.</summary>
    private static bool IsModel(string path) => Directory.Exists(path)
        ? File.Exists(Path.Combine(path, "saved_model.pb"))
        : ModelEndings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
