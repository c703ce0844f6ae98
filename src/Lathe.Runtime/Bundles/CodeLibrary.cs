using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>A shared library with the C interface of compiled models, loaded into this process until disposal.</summary>
internal sealed unsafe class CodeLibrary : IDisposable
{
    private static int _loaded;

    private readonly string _file;
    private readonly string? _folder;
    private nint _handle;

    private CodeLibrary(nint handle, string file, string? folder) => (_handle, _file, _folder) = (handle, file, folder);

    /// <summary>
    /// Loads from a file in a new folder that only this user can read, so that nobody can put another file there. The
    /// file is gone again when this returns, where the system allows that. With <see cref="NativeCode.FolderVariable"/> it stays, in that folder.
    /// </summary>
    public static CodeLibrary Load(ReadOnlySpan<byte> code, string name)
    {
        if (NativeCode.KeptIn is { } kept)
            return LoadKept(code, name, kept);
        string? reason = null;
        // Some systems mount the folder for temporary files so that nothing in it can be run.
        foreach (string? parent in new[] { null, Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) })
        {
            if (parent is { Length: 0 })
                continue;
            string? folder = null;
            try
            {
                folder = CreateFolder(parent);
                string path = Path.Combine(folder, "mod.so");
                using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
                    stream.Write(code);
                nint handle = NativeLibrary.Load(path);
                return new CodeLibrary(handle, name, Delete(folder) ? null : folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException)
            {
                reason = e.Message;
                if (folder is not null)
                    Delete(folder);
            }
        }
        throw new ModelException("LATHE6015", $"the code of '{name}' cannot be loaded: {reason}");
    }

    private static CodeLibrary LoadKept(ReadOnlySpan<byte> code, string name, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string path = Path.GetFullPath(Path.Combine(folder, $"{Environment.ProcessId}-{Interlocked.Increment(ref _loaded)}.so"));
            File.WriteAllBytes(path, code);
            return new CodeLibrary(NativeLibrary.Load(path), name, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException)
        {
            throw new ModelException("LATHE6015", $"the code of '{name}' cannot be loaded from '{folder}': {e.Message}", $"give {NativeCode.FolderVariable} a folder that can be written and run from, or none");
        }
    }

    public nint Symbol(string name) => NativeLibrary.TryGetExport(_handle, name, out nint address)
        ? address
        : throw new ModelException("LATHE6015", $"the code of '{_file}' has no {name}");

    /// <summary>Throws a <see cref="ModelException"/> when the code and mod.json do not say the same.</summary>
    public void CheckAgainst(ModelInfo info, string file)
    {
        int abi = Int32("lathe_abi_version");
        if (abi != NativeCode.AbiVersion || info.AbiVersion != abi)
            throw new ModelException("LATHE6011", $"the code of '{file}' has version {abi} of the C interface, and {NativeCode.AbiVersion} is needed", "make it again with this version of Lathe");
        bool agrees = Int64("lathe_arena_bytes") == info.ArenaBytes && Int64("lathe_params_bytes") == info.ParameterBytes
            && Int32("lathe_input_count") == info.Inputs.Count && Int32("lathe_output_count") == info.Outputs.Count
            && Int32("lathe_step_count") == info.Steps.Count;
        if (!agrees)
            throw new ModelException("LATHE6014", $"the code of '{file}' has other sizes than its mod.json");
    }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        NativeLibrary.Free(_handle);
        _handle = 0;
        if (_folder is not null)
            Delete(_folder);
    }

    private int Int32(string name) => ((delegate* unmanaged[Cdecl]<int>)Symbol(name))();

    private long Int64(string name) => ((delegate* unmanaged[Cdecl]<long>)Symbol(name))();

    private static string CreateFolder(string? parent)
    {
        if (parent is null)
            return Directory.CreateTempSubdirectory("lathe-").FullName;
        string folder = Path.Combine(parent, "lathe", Path.GetRandomFileName());
        return OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(folder).FullName
            : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    }

    private static bool Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
