using Lathe.Tensors;

namespace Lathe.Bench.Engines;

/// <summary>A model bound to its inputs and to memory for its outputs.</summary>
internal interface ILoadedModel : IDisposable
{
    /// <summary>One inference; this is what is timed.</summary>
    void Run();

    /// <summary>Copies of the outputs of the last run, by their names in the model.</summary>
    IReadOnlyDictionary<string, Tensor> Outputs { get; }
}
