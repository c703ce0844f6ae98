using System.Text.Json;
using Lathe.Targets;
using Lathe.Targets.Llvm;

namespace Lathe.Tests.Cli.Verbs;

public class DoctorVerbTests
{
    [Fact]
    public void Says_what_was_found()
    {
        var run = LatheCommand.Run("doctor");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"ok  .NET runtime       {Environment.Version}", run.Out);
        Assert.Contains(LlvmLibrary.IsAvailable ? $"ok  LLVM               {LlvmLibrary.Version}" : "--  LLVM ", run.Out);
        Assert.Contains(run.Out.Contains("--  ", StringComparison.Ordinal) ? "apt-get install" : "Nothing is missing.", run.Out);
    }

    [Fact]
    public void Json_describes_the_processor()
    {
        var processor = JsonDocument.Parse(LatheCommand.Run("doctor", "--json").Out).RootElement.GetProperty("processor");
        Assert.Equal(Environment.ProcessorCount, processor.GetProperty("threads").GetInt32());
        Assert.InRange(processor.GetProperty("cores").GetInt32(), 1, Environment.ProcessorCount);
        Assert.InRange(processor.GetProperty("vectorBits").GetInt32(), 128, 512);
        Assert.Equal(CacheSizes.Host.L2Bytes, processor.GetProperty("caches").GetProperty("l2Bytes").GetInt64());
    }
}
