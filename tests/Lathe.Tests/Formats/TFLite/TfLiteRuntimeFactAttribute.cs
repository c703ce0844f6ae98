using Lathe.Peers;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>A test that runs TensorFlow Lite; skipped where its library is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TfLiteRuntimeFactAttribute : FactAttribute
{
    public TfLiteRuntimeFactAttribute()
    {
        if (TfLiteLibrary.Find() is null)
            Skip = "TensorFlow Lite's library was not found; run eng/fetch.sh --bench";
    }
}
