using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Functions against values of tables (Abramowitz and Stegun) and of their definitions.</summary>
public class SpecialFunctionTests
{
    [Theory]
    [InlineData("Lgamma", new[] { 0.5f, 1, 1.5f, 2, 3, 10, 100, -0.5f, -1.5f, -2.5f, 1e-3f }, new[] { 0.5723649429, 0, -0.1207822376, 0, 0.6931471806, 12.8018274801, 359.1342053696, 1.2655121235, 0.8600470154, -0.0562437165, 6.9071786053 })]
    [InlineData("Digamma", new[] { 0.5f, 1, 2, 10, 100, -0.5f, -1.25f, 0.1f }, new[] { -1.9635100260, -0.5772156649, 0.4227843351, 2.2517525891, 4.6001618527, 0.0364899740, 3.7141391202, -10.4237549404 })]
    [InlineData("Erfinv", new[] { 0, 0.5f, -0.5f, 0.9f, 0.999f, 0.99999f }, new[] { 0, 0.4769362762, -0.4769362762, 1.1630871537, 2.3267537655, 3.1234132743 })]
    [InlineData("Ndtri", new[] { 0.5f, 0.975f, 0.1f }, new[] { 0, 1.9599639845, -1.2815515655 })]
    public void AreAsInTables(string op, float[] x, double[] expected)
    {
        double[] y = new TestGraph().Placeholder("x", DType.Float32, x.Length).Add(op, "y", "x").Elements("y", ("x", Tensor.Vector(x)));

        foreach (var (actual, wanted) in y.Zip(expected))
            Assert.Equal(wanted, actual, Math.Max(1, Math.Abs(wanted)) * (op == "Erfinv" ? 1e-3 : 4e-6));
    }

    [Fact]
    public void EndsAreInfinite()
    {
        double[] y = new TestGraph().Placeholder("x", DType.Float32, 2).Add("Erfinv", "y", "x").Elements("y", ("x", Tensor.Vector(1f, -1f)));

        Assert.Equal([double.PositiveInfinity, double.NegativeInfinity], y);
        Assert.Equal([double.PositiveInfinity], new TestGraph().Placeholder("x", DType.Float32, 1).Add("Lgamma", "y", "x").Elements("y", ("x", Tensor.Vector(0f))));
    }
}
