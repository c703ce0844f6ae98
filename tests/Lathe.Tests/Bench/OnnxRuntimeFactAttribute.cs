using Lathe.Peers;

namespace Lathe.Tests.Bench;

/// <summary>A test that needs ONNX Runtime and is skipped, with what to do, where it is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxRuntimeFactAttribute : FactAttribute
{
    public OnnxRuntimeFactAttribute()
    {
        if (OnnxRuntimeLibrary.Find() is null)
            Skip = "ONNX Runtime is not here; eng/fetch.sh --bench fetches it";
    }
}
