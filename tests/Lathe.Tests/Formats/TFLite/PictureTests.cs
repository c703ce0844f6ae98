using Lathe.Tests.Cli;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>What real models see in pictures, through the command: classes are named by the metadata in the models' files.</summary>
public class PictureTests
{
    [TfLiteTheory]
    [InlineData("tflite/google-coral/mobilenet_v1_0.25_128_quant.tflite", "tflite/google-coral/cat.bmp", "Egyptian cat")]
    [InlineData("tflite/google-coral/mobilenet_v1_0.25_128_quant.tflite", "tflite/google-coral/parrot.jpg", "macaw")]
    [InlineData("tflite/google-coral/mobilenet_v1_0.25_128_quant.tflite", "tflite/google-coral/bird.bmp", "chickadee")]
    [InlineData("tflite/google-coral/mobilenet_v1_0.25_128_quant.tflite", "tflite/google-coral/sunflower.bmp", "daisy")]
    [InlineData("tflite/tflite-support/vision/mobilenet_v1_0.25_224_quant.tflite", "tflite/tflite-support/vision/burger.jpg", "cheeseburger")]
    public void ClassesAreRecognized(string model, string picture, string expected)
    {
        if (Models(model, picture) is not [var modelFile, var pictureFile])
            return;
        var run = LatheCommand.Run("run", modelFile, "--image", pictureFile, "--top", "1");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith($"class='{expected}' with probability=", run.Out);
    }

    /// <summary>The files, or none where one is not there.</summary>
    private static string[] Models(params string[] names)
    {
        string[] files = [.. names.Select(n => Path.Combine(RealModels.Folder!, n))];
        return files.All(File.Exists) ? files : [];
    }
}
