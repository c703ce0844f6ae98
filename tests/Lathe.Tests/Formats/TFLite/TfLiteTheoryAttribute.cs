namespace Lathe.Tests.Formats.TFLite;

/// <summary>As <see cref="TfLiteFactAttribute"/>, for tests with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TfLiteTheoryAttribute : TheoryAttribute
{
    public TfLiteTheoryAttribute() => Skip = new TfLiteFactAttribute().Skip;
}
