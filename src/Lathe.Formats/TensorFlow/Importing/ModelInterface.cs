using Lathe.Formats.Importing;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>What is taken of a graph: the tensors that become a model's inputs and outputs, with their names.</summary>
internal sealed record ModelInterface(IReadOnlyList<ModelInterface.Input> Inputs, IReadOnlyList<ModelInterface.Output> Outputs)
{
    /// <summary>Throws a <see cref="ModelException"/> where a name is missing, or stands for two inputs or two outputs.</summary>
    public void CheckNames()
    {
        PortNames.Check(Inputs.Select(i => i.Name));
        PortNames.Check(Outputs.Select(o => o.Name));
    }

    /// <param name="Element">Throws an <see cref="UnsupportedException"/> where Lathe has not got the type.</param>
    /// <param name="Shape">As the model declares it, with symbols for what is open; null where even the rank is.</param>
    internal sealed record Input(string Name, Endpoint At, Func<DType> Element, Shape? Shape);

    internal sealed record Output(string Name, Endpoint At);
}
