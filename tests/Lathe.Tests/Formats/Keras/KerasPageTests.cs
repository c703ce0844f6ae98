using Lathe.Formats.Keras.Operators;

namespace Lathe.Tests.Formats.Keras;

/// <summary>docs/keras.md lists what the importer's tables hold.</summary>
public class KerasPageTests
{
    [Fact]
    public void ListsTheLayersOfTheTable() => OperatorPage.Check("keras.md", LayerTable.Names, "## Supported layers\n", "LayerTable.cs");

    [Fact]
    public void ListsTheFunctionsOfTheTable() => OperatorPage.Check("keras.md", TensorFunctions.Names, "## Supported functions\n", "TensorFunctions.cs");
}
