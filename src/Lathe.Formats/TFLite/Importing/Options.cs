using Lathe.Formats.TFLite.Reading;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>The options of one use of an operator, by the numbers of their fields; a table that is left out has only defaults.</summary>
internal sealed class Options(FlatTable? table)
{
    public int Int(int field, int otherwise = 0) => table?.Int(field, otherwise) ?? otherwise;

    public bool Flag(int field, bool otherwise = false) => table?.Bool(field, otherwise) ?? otherwise;

    public byte Byte(int field, byte otherwise = 0) => table?.Byte(field, otherwise) ?? otherwise;

    public float Float(int field, float otherwise = 0) => table?.Float(field, otherwise) ?? otherwise;

    public string Text(int field) => table?.Text(field) ?? "";

    public int[]? Ints(int field) => table is { } t && t.Has(field) ? t.Numbers<int>(field) : null;

    public float[] Floats(int field) => table?.Numbers<float>(field) ?? [];

    public ActivationKind Activation(int field) => (ActivationKind)Byte(field);
}

/// <summary>What an operator does to its results last.</summary>
internal enum ActivationKind : byte
{
    None, Relu, ReluN1To1, Relu6, Tanh, SignBit,
}
