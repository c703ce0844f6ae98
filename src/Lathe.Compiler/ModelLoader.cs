using System.Security.Cryptography;
using System.Text;
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
        var hash = Task.Run(() => SourceHash(path));
        var graph = Import(path, import);
        return new Compiler(options, log ?? PassLog.FromEnvironment()).Load(graph, hash.GetAwaiter().GetResult());
    }

    /// <summary>Reads a model of any format that is known, told by its content.</summary>
    public static Graph Import(string path, ImportOptions? import = null) => ModelReader.Import(path, import);

    /// <summary>SHA-256 in hexadecimal of a model's file, or of all files of its folder with their names. What a file keeps elsewhere does not count.</summary>
    public static string SourceHash(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (!Directory.Exists(path))
        {
            Append(hash, path);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(path, file)));
            Append(hash, file);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string path)
    {
        using var file = InputFile.OpenRead(path);
        byte[] part = new byte[1 << 16];
        while (InputFile.Guard(path, () => file.Read(part)) is > 0 and var read)
            hash.AppendData(part.AsSpan(0, read));
    }
}
