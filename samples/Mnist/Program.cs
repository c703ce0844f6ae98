using System.Diagnostics;
using Lathe;
using Lathe.Compilation;
using Lathe.Runtime;
using Lathe.Samples.Mnist;

// Runs a network that reads digits over the MNIST test images: a bundle made by 'lathe compile', or else compiled here.
if (args is not ([_, _] or [_, _, _]))
{
    Console.Error.WriteLine("usage: mnist MODEL.onnx FOLDER_OF_IDX_FILES [BUNDLE.tar]");
    return 2;
}
string path = args[0];
string? bundle = args.ElementAtOrDefault(2);
try
{
    var digits = DigitSet.ReadTestSet(args[1]);
    long start = Stopwatch.GetTimestamp();
    using var model = bundle is null ? Compile(Target.Parse(null)) : Model.Load(bundle);
    string what = model.Info.Target.Split(" -mattr=")[0];
    Report.Line(bundle is null ? "compiled" : "loaded", $"in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms, for {what}");

    var (rows, times) = Run(model);
    Report.Results(rows, digits, times);
    Report.Digit(digits, image: 0, rows[0]);

    var managedTarget = new Target.Managed();
    if (model.Info.Target != managedTarget.ToString())
    {
        using var managed = Compile(managedTarget);
        var (expected, _) = Run(managed);
        Report.Line("against managed", $"largest difference of a probability {Report.LargestDifference(rows, expected):E1}, over {rows.Length:N0} images");
    }
    return 0;

    Model Compile(Target target) => ModelLoader.LoadOrCompile(path, new CompileOptions(target, Threads: 1));

    (float[][] Probabilities, double[] Milliseconds) Run(Model model)
    {
        using var session = new Session(model, threads: 1);
        return new DigitReader(session).ReadAll(digits, digits.Count);
    }
}
catch (Exception e) when (e is LatheException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as LatheException)?.ExitCode ?? 3;
}
