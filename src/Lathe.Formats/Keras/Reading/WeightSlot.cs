namespace Lathe.Formats.Keras.Reading;

/// <summary>A weight of a layer by its role, such as <c>kernel</c>. Weights that training does not change follow the others in files.</summary>
internal sealed record WeightSlot(string Role, bool IsTrainable = true);
