using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Tensors;

namespace Lathe.Compilation.Verification;

/// <summary>
/// What is recorded beside a model: in each folder test_data_set_N either input_K.pb and output_K.pb, tensors as ONNX stores them, by the number of the
/// model's input or output; or inputs.npz and outputs.npz, by their names.
/// </summary>
internal sealed class RecordedValues(string model)
{
    private readonly Lazy<IReadOnlyList<(string Name, bool IsTensor)>> _declared = new(() => DeclaredInputs(model));

    /// <summary>The recorded inputs; those that cannot be read are left for after the import, which says more about what is unsupported.</summary>
    public IReadOnlyDictionary<string, Tensor> Inputs(string set, out UnsupportedException? unread)
    {
        unread = null;
        if (Archive(set, "inputs") is { } archive)
            return NpzFile.Read(archive);
        var values = new Dictionary<string, Tensor>();
        foreach (var (path, (name, isTensor)) in OnnxTestData.Files(set, "input").Zip(_declared.Value))
        {
            if (!isTensor)
            {
                unread = new("LATHE5104", $"the input '{name}' is not a tensor");
                continue;
            }
            try
            {
                values[name] = OnnxTestData.Read(path);
            }
            catch (UnsupportedException e)
            {
                unread = e;
            }
        }
        return values;
    }

    /// <summary>The recorded outputs with their names; throws a <see cref="ModelException"/> where none are recorded or the model has no such output.</summary>
    /// <param name="names">The model's outputs in their order.</param>
    public static IReadOnlyList<(string Name, Tensor Value)> Outputs(string set, IReadOnlyList<string> names)
    {
        if (Archive(set, "outputs") is { } archive)
        {
            var arrays = NpzFile.Read(archive);
            if (arrays.Keys.FirstOrDefault(k => !names.Contains(k)) is { } unknown)
                throw new ModelException("LATHE5107", $"'{archive}' records '{unknown}', and the model has no such output", $"its outputs are: {string.Join(", ", names)}");
            return arrays.Count > 0 ? [.. arrays.Select(a => (a.Key, a.Value))] : throw NothingRecorded(set);
        }
        string[] files = [.. OnnxTestData.Files(set, "output")];
        if (files.Length == 0)
            throw NothingRecorded(set);
        if (files.Length > names.Count)
            throw new ModelException("LATHE5107", $"{files.Length} outputs are recorded and the model has {names.Count}");
        return [.. names.Zip(files, (name, file) => (name, OnnxTestData.Read(file)))];
    }

    private static ModelException NothingRecorded(string set) => new("LATHE5103", $"{set} records no outputs");

    private static string? Archive(string set, string kind) => Path.Combine(set, $"{kind}.npz") is var path && File.Exists(path) ? path : null;

    private static IReadOnlyList<(string Name, bool IsTensor)> DeclaredInputs(string model)
    {
        var info = ModelReader.Describe(model);
        return info.Format == "ONNX" ? OnnxTestData.Inputs(model) : [.. info.Inputs.Select(i => (i.Name, true))];
    }
}
