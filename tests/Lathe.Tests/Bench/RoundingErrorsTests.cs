using Lathe.Bench.Measuring;
using Lathe.Bench.Models;
using Lathe.Tests.Compilation;
using Lathe.Tests.Targets.Llvm;
using Xunit.Abstractions;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Bench;

/// <summary>Whole networks against their evaluation in double precision. Those that take minutes run only with LATHE_LONG=1.</summary>
public class RoundingErrorsTests(ITestOutputHelper output)
{
    /// <summary>Relative to the largest output.</summary>
    private const double MostError = 1e-4;

    private static readonly string[] Short = ["mnist", "bert-tiny"];

    public static TheoryData<string> Models => [.. Short, "mobilenetv3-small", "squeezenet1.1", "resnet18", "resnet50", "espcn", "fsrcnn"];

    [LlvmTheory]
    [MemberData(nameof(Models))]
    public void Results_are_near_the_exact_ones(string name)
    {
        if (!Short.Contains(name) && Environment.GetEnvironmentVariable("LATHE_LONG") != "1")
        {
            output.WriteLine("skipped: set LATHE_LONG=1");
            return;
        }
        var model = RoundingErrors.Of(BenchModels.Build(name));
        double error = model.Of(new CompileOptions(Compiled.Native, 1)), exact = model.Of(new CompileOptions(Compiled.Native, 1, Exact: true));
        output.WriteLine($"{name}: {error:E1}, {exact:E1} without Winograd's method");

        Assert.InRange(error, 0, MostError);
        Assert.InRange(exact, 0, MostError);
    }
}
