using System.Buffers.Binary;
using System.Text;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>What object files need from elsewhere.</summary>
internal static class ObjectSymbols
{
    private const int SymbolTable = 2;
    private const int DynamicSymbolTable = 11;

    /// <summary>The undefined symbols of a 64-bit little-endian ELF file.</summary>
    public static IReadOnlyList<string> Undefined(byte[] elf) => [.. Symbols(elf).Where(s => s.Section == 0).Select(s => s.Name)];

    /// <summary>The names of all symbols that an ELF file's dynamic table defines.</summary>
    public static IReadOnlyList<string> Exported(byte[] elf) => [.. Symbols(elf, DynamicSymbolTable).Where(s => s.Section != 0).Select(s => s.Name)];

    /// <summary>The names that a WebAssembly module imports.</summary>
    public static IReadOnlyList<string> Imports(byte[] wasm)
    {
        var names = new List<string>();
        int at = 8;
        while (at < wasm.Length)
        {
            int section = wasm[at++];
            int size = Leb(wasm, ref at);
            int next = at + size;
            if (section == 2)
            {
                for (int count = Leb(wasm, ref at); count > 0; count--)
                {
                    Text(wasm, ref at);
                    names.Add(Text(wasm, ref at));
                    int kind = wasm[at++];
                    Assert.Equal(0, kind);
                    Leb(wasm, ref at);
                }
            }
            at = next;
        }
        return names;
    }

    private static IEnumerable<(string Name, int Section)> Symbols(byte[] elf, int kind = SymbolTable)
    {
        long headers = BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(0x28));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3A));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3C));
        for (int i = 0; i < count; i++)
        {
            int header = (int)headers + (i * size);
            if (BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(header + 4)) != kind)
                continue;
            int offset = (int)BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(header + 0x18));
            int bytes = (int)BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(header + 0x20));
            int link = BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(header + 0x28));
            int strings = (int)BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan((int)headers + (link * size) + 0x18));
            for (int symbol = offset + 24; symbol < offset + bytes; symbol += 24)
            {
                int name = strings + BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(symbol));
                int end = Array.IndexOf(elf, (byte)0, name);
                yield return (Encoding.UTF8.GetString(elf, name, end - name), BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(symbol + 6)));
            }
        }
    }

    private static int Leb(byte[] bytes, ref int at)
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = bytes[at++];
            value |= (b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }

    private static string Text(byte[] bytes, ref int at)
    {
        int length = Leb(bytes, ref at);
        at += length;
        return Encoding.UTF8.GetString(bytes, at - length, length);
    }
}
