using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>What is known of a compiled model without running it.</summary>
/// <param name="Name">The model's own name.</param>
/// <param name="Steps">The kernels that a run calls, in order.</param>
/// <param name="ArenaBytes">Work space of a run.</param>
/// <param name="ParameterBytes">Size of the block that holds the weights.</param>
/// <param name="Target">What the code was made for, as the command line writes it: <c>llvm -mtriple=...</c>, <c>managed</c>.</param>
/// <param name="SourceHash">SHA-256 of the model file in hexadecimal; empty when there was none.</param>
/// <param name="AbiVersion">The version of the C interface that the code offers.</param>
public sealed record ModelInfo(
    string Name,
    EquatableArray<BufferSpec> Inputs,
    EquatableArray<BufferSpec> Outputs,
    EquatableArray<StepInfo> Steps,
    long ArenaBytes,
    long ParameterBytes,
    string Target,
    string SourceHash = "",
    int AbiVersion = NativeCode.AbiVersion)
{
    /// <summary>Steps that a run repeats.</summary>
    public EquatableArray<LoopInfo> Loops { get; init; }

    /// <summary>How many threads the code was made for; null where that is not known.</summary>
    public int? Threads { get; init; }
}
