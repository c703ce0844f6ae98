namespace Lathe.Tensors;

/// <summary>One tensor of a safetensors header; offsets in bytes from the start of the data, <paramref name="End"/> exclusive.</summary>
internal sealed record SafetensorsEntry(string Name, string Type, Shape Shape, long Begin, long End);
