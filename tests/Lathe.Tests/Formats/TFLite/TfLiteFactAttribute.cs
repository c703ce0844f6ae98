using Lathe.Peers;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>A test that runs TensorFlow Lite beside Lathe on models that are not part of the repository; skipped where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TfLiteFactAttribute : FactAttribute
{
    public TfLiteFactAttribute()
    {
        if (TfLiteLibrary.Find() is null)
            Skip = "TensorFlow Lite's library was not found; run eng/fetch.sh --bench";
        else if (RealModels.Folder is null)
            Skip = "no models were found; unpack some into .cache/models, or set LATHE_MODELS to a folder of them";
    }
}
