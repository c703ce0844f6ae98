namespace Lathe.Graphs.Passes;

/// <summary>A step from graph to graph that keeps the model's meaning, inputs and outputs.</summary>
public abstract class Pass
{
    /// <summary>Verb and object, as dumps and times show it.</summary>
    public virtual string Name => GetType().Name;

    public abstract Graph Run(Graph graph);
}
