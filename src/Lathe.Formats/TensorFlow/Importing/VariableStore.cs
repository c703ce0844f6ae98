using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>What variables hold at the point of a run that is being imported: what was assigned last, else what the checkpoint has under their names.</summary>
/// <param name="checkpoint">Null where the model has none.</param>
internal sealed class VariableStore(TensorBundle? checkpoint)
{
    private readonly Dictionary<string, Slot.Variable> _assigned = new(StringComparer.Ordinal);

    /// <summary>What was assigned, by the variables' keys. Loops and attempts take it back.</summary>
    public Dictionary<string, Slot> Held { get; } = new(StringComparer.Ordinal);

    /// <summary>What a variable holds; lacking where nothing gives it a value.</summary>
    public Slot Read(Slot.Variable variable)
    {
        if (Held.TryGetValue(variable.Key, out var assigned))
            return assigned;
        return checkpoint?.KeyOf(variable.Name) is { } key
            ? new Slot.Stored(key)
            : new Slot.Lacking($"nothing gives the variable '{variable.Name}' its value{(checkpoint is null ? ": there is no checkpoint with it" : ", and the checkpoint has no tensor of its name")}");
    }

    /// <summary>The same for a variable that has been assigned once, also where that has been taken back.</summary>
    public Slot Read(string key) => Read(_assigned[key]);

    public void Assign(Slot.Variable variable, Slot held)
    {
        _assigned[variable.Key] = variable;
        Held[variable.Key] = held;
    }

    /// <summary>A tensor of the checkpoint, or a part of one.</summary>
    public Tensor Load(Slot.Stored stored)
    {
        string key = stored.Key;
        if (checkpoint is null)
            throw new ModelException("LATHE3534", $"the model keeps '{key}' in a checkpoint, which is missing", "put its folder 'variables' beside saved_model.pb");
        var whole = checkpoint.Read(key) ?? throw new ModelException("LATHE3534", $"the checkpoint has no tensor '{key}'");
        return stored.Part.Length > 0 ? TensorPart.Parse(stored.Part, whole.Shape, key).Of(whole) : whole;
    }
}
