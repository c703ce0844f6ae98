namespace Lathe.Tests.Formats.TFLite;

/// <summary>As <see cref="TfLiteRuntimeFactAttribute"/>, for tests with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TfLiteRuntimeTheoryAttribute : TheoryAttribute
{
    public TfLiteRuntimeTheoryAttribute() => Skip = new TfLiteRuntimeFactAttribute().Skip;
}
