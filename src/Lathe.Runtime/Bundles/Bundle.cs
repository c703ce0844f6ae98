using System.Buffers.Binary;
using System.Security.Cryptography;
using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>
/// A compiled model in a file: a tar of the code, <c>mod.json</c> and <c>mod.params</c>, as docs/bundle.md describes. Opening checks
/// every hash, name and size; what does not fit is a <see cref="ModelException"/>.
/// </summary>
public sealed class Bundle : IDisposable
{
    internal const string ManifestName = "mod.json";
    internal const string ParametersName = "mod.params";

    private const int HashPiece = 1 << 24;

    private readonly MappedFile _file;
    private readonly (long Offset, long Length) _parameters;
    private bool _ownsFile = true;

    private Bundle(MappedFile file)
    {
        _file = file;
        var members = TarMembers.Read(file);
        (long Offset, long Length) Member(string name) => members.TryGetValue(name, out var member)
            ? member
            : throw new ModelException("LATHE6010", $"'{file.Path}' is no bundle: it has no {name}");
        var (at, length) = Member(ManifestName);
        if (length > 1 << 28)
            throw new ModelException("LATHE6013", $"'{file.Path}': its mod.json of {length} bytes is too large");
        Manifest = BundleManifest.Parse(file.Span(at, (int)length), file.Path);
        Info = Manifest.ToInfo(file.Path);

        var code = IsCodeName(Manifest.Code) ? Member(Manifest.Code) : throw Damaged("its mod.json names no code");
        if (members.Count != 3 || code.Length > int.MaxValue)
            throw Damaged("it does not hold exactly mod.json, mod.params and its code");
        // A copy, so that what is hashed is what is run.
        Code = file.Span(code.Offset, (int)code.Length).ToArray();
        CheckHash(Manifest.Code, SHA256.HashData(Code.Span), Manifest.CodeSha256);

        var parameters = Member(ParametersName);
        CheckHash(ParametersName, Hash(file, parameters.Offset, parameters.Length), Manifest.ParametersSha256);
        _parameters = DataOf(parameters.Offset, parameters.Length);
    }

    public BundleManifest Manifest { get; }

    public ModelInfo Info { get; }

    /// <summary>The bytes of <see cref="BundleManifest.Code"/>.</summary>
    public ReadOnlyMemory<byte> Code { get; }

    public static Bundle Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return new Bundle(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file begins as bundles do; false when it cannot be read.</summary>
    public static bool IsBundle(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var start = new byte[512];
            return TarMembers.IsBundle(start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Loads the code into this process; the weights stay in the file, mapped. The model owns the mapping, and this object is
    /// used up. Throws an <see cref="UnsupportedException"/> when the code is for another machine.
    /// </summary>
    public Model Load()
    {
        ObjectDisposedException.ThrowIf(!_ownsFile, this);
        HostCheck.Require(Info.Target, Manifest.Code, _file.Path);
        var library = CodeLibrary.Load(Code.Span, _file.Path);
        try
        {
            library.CheckAgainst(Info, _file.Path);
            var parameters = ParameterMemory.Mapped(_file, _parameters.Offset, _parameters.Length);
            var model = new Model(Info, new NativeCode(library.Symbol("lathe_run_steps"), library), parameters);
            _ownsFile = false;
            return model;
        }
        catch
        {
            library.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_ownsFile)
            _file.Dispose();
        _ownsFile = false;
    }

    internal static bool IsCodeName(string name) => name is "mod.so" or "mod.o" or "mod.wasm";

    /// <summary>Where the data of mod.params lies: its first byte is the first of the parameter block.</summary>
    private (long Offset, long Length) DataOf(long offset, long length)
    {
        using var tensors = SafetensorsFile.Open(_file, offset, length, $"{_file.Path}: {ParametersName}");
        long start = 8 + BinaryPrimitives.ReadInt64LittleEndian(_file.Span(offset, 8));
        if (start % 64 != 0 || length - start != Info.ParameterBytes)
            throw Damaged($"mod.params has {length - start} bytes of data at byte {start}, and its mod.json says {Info.ParameterBytes}");
        return (offset + start, length - start);
    }

    private static byte[] Hash(MappedFile file, long offset, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < length; at += HashPiece)
            hash.AppendData(file.Span(offset + at, (int)Math.Min(HashPiece, length - at)));
        return hash.GetHashAndReset();
    }

    private void CheckHash(string name, byte[] hash, string expected)
    {
        if (!Convert.ToHexStringLower(hash).Equals(expected, StringComparison.Ordinal))
            throw new ModelException("LATHE6012", $"'{_file.Path}' is damaged: {name} does not have the hash that mod.json gives", "copy it again, or make it again with: lathe compile MODEL -o OUT.tar");
    }

    private ModelException Damaged(string why) => new("LATHE6010", $"'{_file.Path}' is damaged: {why}");
}
