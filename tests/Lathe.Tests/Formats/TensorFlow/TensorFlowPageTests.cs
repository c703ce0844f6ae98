using Lathe.Formats.TensorFlow.Operators;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>docs/tensorflow.md lists what the importer's table holds.</summary>
public class TensorFlowPageTests
{
    [Fact]
    public void ListsTheOperatorsOfTheTable() => OperatorPage.Check("tensorflow.md", OpTable.Names);
}
