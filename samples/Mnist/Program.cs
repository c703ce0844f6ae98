using System.Diagnostics;
using Lathe;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats.Onnx;
using Lathe.Runtime;
using Lathe.Samples.Mnist;

// Compiles a network that reads digits and runs it over the MNIST test images.
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
    using var model = Compile(target);
    Report.Line("compiled", $"for {Describe(target)} in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");

    var (rows, times) = Run(model);
    Report.Results(rows, digits, times);
    Report.Digit(digits, image: 0, rows[0]);

    if (target is not Target.Managed)
    {
        using var managed = Compile(new Target.Managed());
        var (expected, _) = Run(managed);
        Report.Line("against managed", $"largest difference of a probability {Report.LargestDifference(rows, expected):E1}, over {rows.Length:N0} images");
    }
    return 0;

    Model Compile(Target target) => new Compiler(new(target, Threads: 1), PassLog.FromEnvironment()).Load(OnnxImporter.Import(path));

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

static string Describe(Target target) => target is Target.Llvm { Code: var code } ? $"{code.Cpu} ({code.Triple})" : $"{target}";
