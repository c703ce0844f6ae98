using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Lathe.Targets.Llvm;

/// <summary>Objects of modules that were compiled before, for programs that have kernels in common. For one target only; of several threads.</summary>
public sealed class ObjectCache
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = new();

    /// <summary>The object of a module, told by the text of its IR.</summary>
    internal byte[] GetOrAdd(string text, Func<byte[]> compile) =>
        _objects.GetOrAdd(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))), _ => compile());
}
