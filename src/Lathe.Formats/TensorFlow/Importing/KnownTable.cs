using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>What a table maps: numbers or texts each side, in the same order.</summary>
internal sealed record KnownTable(Slot Keys, Slot Values);
