using Lathe.Formats.TensorFlow.Protobuf;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>A node of a graph or function with its edges resolved.</summary>
/// <param name="Inputs">The values that it reads.</param>
/// <param name="Controls">The nodes that must run before it.</param>
internal sealed record GraphNode(NodeDef Definition, Endpoint[] Inputs, string[] Controls)
{
    public string Name => Definition.Name;

    public string Op => Definition.Op;
}
