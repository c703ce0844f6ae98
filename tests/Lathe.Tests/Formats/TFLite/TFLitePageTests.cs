using Lathe.Formats.TFLite.Operators;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>docs/tflite.md lists what the importer's table holds.</summary>
public class TFLitePageTests
{
    [Fact]
    public void ListsTheOperatorsOfTheTable() => OperatorPage.Check("tflite.md", OpTable.Names);
}
