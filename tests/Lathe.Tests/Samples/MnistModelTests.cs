using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Samples.Mnist;
using Lathe.Tensors;

namespace Lathe.Tests.Samples;

public class MnistModelTests
{
    private const int Count = 100;

    [MnistFact]
    public void ReadsDigitsByTheMeaningOfItsOps() => Assert.InRange(Right(Import(), out _), 98, Count);

    [MnistFact]
    public void GraphPassesKeepItsAnswers()
    {
        var model = Import();
        Right(model, out var before);
        Right(new Compiler(new(new Target.Managed()), new PassLog()).Optimize(model), out var after);
        for (int i = 0; i < before.Count; i++)
            Assert.Equal(before.GetDouble(i), after.GetDouble(i), 1e-5);
    }

    private static Graph Import() =>
        OnnxImporter.Import(MnistFactAttribute.Model, new() { InputShapes = InputShapes.Parse($"image:[{Count},1,28,28]") });

    private static int Right(Graph model, out Tensor probabilities)
    {
        var digits = DigitSet.ReadTestSet(MnistFactAttribute.Images);
        var images = Tensor.Zeros(DType.Float32, Shape.Of(Count, 1, DigitSet.Side, DigitSet.Side));
        for (int i = 0; i < Count; i++)
            digits.CopyTo(i, images.Span<float>().Slice(i * DigitSet.PixelCount, DigitSet.PixelCount));
        probabilities = new GraphEvaluator().Run(model, new Dictionary<string, Tensor> { ["image"] = images })["probabilities"];
        var rows = probabilities.Span<float>();
        int right = 0;
        for (int i = 0; i < Count; i++)
            right += Digit(rows.Slice(10 * i, 10)) == digits.Label(i) ? 1 : 0;
        return right;
    }

    private static int Digit(ReadOnlySpan<float> row)
    {
        int best = 0;
        for (int i = 1; i < row.Length; i++)
            best = row[i] > row[best] ? i : best;
        return best;
    }
}
