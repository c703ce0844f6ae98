using Lathe.Graphs;

namespace Lathe.Formats.Keras.Importing;

/// <summary>A tensor of the model: its value and, where a layer marked steps of time that do not count, the mask [batch, time] that is true for those which do.</summary>
internal sealed record KerasValue(Value Value, Value? Mask = null);
