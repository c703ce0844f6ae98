using Lathe.Tensors;

namespace Lathe.Peers;

/// <summary>An input or output of a loaded model: its name, and its type where it is a tensor that <see cref="Tensor"/> can hold.</summary>
/// <param name="Name">As the model spells it.</param>
/// <param name="Type">Null for sequences, maps, strings and other values that are not numeric tensors.</param>
/// <param name="Shape">Extents that the model leaves open are symbols. A model that states no rank looks like a scalar.</param>
public sealed record PeerValue(string Name, DType? Type, Shape Shape);
