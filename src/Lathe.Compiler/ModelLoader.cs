using System.Security.Cryptography;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats;
using Lathe.Graphs;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Compilation;

/// <summary>Makes a file ready to run, whatever it is: a bundle is loaded, a model is compiled in memory.</summary>
public static class ModelLoader
{
    /// <summary>
    /// Loads <paramref name="path"/>. Bundles are what they were compiled to be: options and <paramref name="import"/> are for models. Throws a
    /// <see cref="ModelException"/> for files that are neither.
    /// </summary>
    public static Model LoadOrCompile(string path, CompileOptions options, ImportOptions? import = null, PassLog? log = null)
    {
        if (Bundle.IsBundle(path))
            return Model.Load(path);
        var graph = Import(path, import);
        return new Compiler(options, log ?? PassLog.FromEnvironment()).Load(graph, SourceHash(path));
    }

    /// <summary>Reads a model of any format that is known, told by its content.</summary>
    public static Graph Import(string path, ImportOptions? import = null) => ModelReader.Import(path, import);

    /// <summary>SHA-256 of a model's file in hexadecimal. Tensors that it keeps elsewhere do not count.</summary>
    public static string SourceHash(string path)
    {
        using var file = InputFile.OpenRead(path);
        return InputFile.Guard(path, () => Convert.ToHexStringLower(SHA256.HashData(file)));
    }
}
