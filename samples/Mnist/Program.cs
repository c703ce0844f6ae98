using System.Diagnostics;
using Lathe;
using Lathe.Compilation;
using Lathe.Runtime;
using Lathe.Samples.Mnist;

// Compiles a network that reads digits and runs it over the MNIST test images.
// usage: mnist MODEL.onnx FOLDER_OF_IDX_FILES
if (args is not [var path, var folder])
{
    Console.Error.WriteLine("usage: mnist MODEL.onnx FOLDER_OF_IDX_FILES");
    return 2;
}
try
{
    var digits = DigitSet.ReadTestSet(folder);
    var target = Target.Parse(null);
    long start = Stopwatch.GetTimestamp();
    using var model = Models.Compile(path, target);
    Report.Line("compiled", $"for {target} in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");

    var rows = Run(model, print: true);
    Report.Digit(digits, image: 0, rows[0]);

    if (target is not Target.Managed)
    {
        using var managed = Models.Compile(path, new Target.Managed());
        var expected = Run(managed, print: false);
        Report.Line("against managed", $"largest difference of a probability {Report.LargestDifference(rows, expected):E1} over {rows.Length:N0} images");
    }
    return 0;

    float[][] Run(Model model, bool print)
    {
        using var session = new Session(model, threads: 1);
        var (rows, times) = new DigitReader(session).ReadAll(digits, digits.Count);
        if (print)
            Report.Results(rows, digits, times);
        return rows;
    }
}
catch (Exception e) when (e is LatheException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as LatheException)?.ExitCode ?? 3;
}
