using System.CommandLine;
using Lathe;
using Lathe.Bench;
using Lathe.Bench.Measuring;
using Lathe.Peers;

var models = new Option<string>("--models") { Description = "names of built-in models, or paths of .onnx files, with commas between; 'all' for those of the results table, 'relatives' for others of their families", DefaultValueFactory = _ => "resnet50,mobilenetv2,squeezenet1.1" };
var threads = new Option<string>("--threads") { Description = "numbers of threads, with commas between", DefaultValueFactory = _ => "1,2" };
threads.Validators.Add(result =>
{
    if (!result.GetValueOrDefault<string>().Split(',').All(n => int.TryParse(n, out int count) && count >= 1))
        result.AddError("--threads takes numbers of at least 1, with commas between");
});
var rounds = new Option<int>("--rounds") { Description = "how often the engines take turns", DefaultValueFactory = _ => 7 };
rounds.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1)
        result.AddError("--rounds takes a number of at least 1");
});
var seconds = new Option<double>("--seconds") { Description = "how long an engine runs before it is the other's turn", DefaultValueFactory = _ => 0.5 };
var json = new Option<string?>("--json") { Description = "a file for all figures" };
var target = new Option<string?>("--target") { Description = "what Lathe compiles for; this machine if not given" };
var records = new Option<string?>("--tuning-records") { Description = "what 'lathe tune' measured; Lathe takes the schedules that were faster" };
var peerOnly = new Option<bool>("--peer-only") { Description = "measure ONNX Runtime alone" };
var save = new Option<string?>("--save") { Description = "write the built-in models as .onnx files to this folder and measure nothing" };
var launches = new Option<bool>("--launch-cost") { Description = "measure what a parallel loop costs to start, and no models" };
var scaling = new Option<bool>("--scaling") { Description = "measure how much each of Lathe's kernels gains by more threads; --rounds is how often, 15 times at least" };
var quantized = new Option<string?>("--quantized") { Description = "no peer: built-in quantized models or files of any format, with commas between, measured in turns with the models that --models names" };
var sweep = new Option<int?>("--sweep") { Description = "no peer: compare the default schedule of each layer with so many others of its space" };
var layer = new Option<string?>("--layer") { Description = "sweep only layers with this in their description" };
var schedules = new Option<string?>("--schedules") { Description = "sweep these, with semicolons between, not a sample" };
var ranking = new Option<bool>("--judge-ranking") { Description = "no peer: hold the tuner's cost models against the measurements of these models in --tuning-records" };
var errors = new Option<bool>("--errors") { Description = "no peer: how far results are from those of the evaluator in double precision, with and without --exact-conv; files may be of any format" };
var shapes = new Option<string?>("--input-shapes") { Description = "shapes of the inputs of files, for --errors" };
var beside = new Option<bool>("--beside") { Description = "measure each run while another program, which this one starts, computes all or half of the time, and while none does" };
var burn = new Option<int?>(BusyProgram.Option) { Hidden = true };
var root = new RootCommand("Runs ONNX Runtime and Lathe on the same models in turns and prints how their times compare.")
{
    models, threads, rounds, seconds, json, target, records, peerOnly, save, launches, scaling, quantized, sweep, layer, schedules, ranking, errors, shapes, beside, burn,
};
root.SetAction(parsed =>
{
    try
    {
        var settings = new BenchSettings(
            parsed.GetValue(models)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            [.. parsed.GetValue(threads)!.Split(',').Select(int.Parse)],
            parsed.GetValue(rounds), parsed.GetValue(seconds), parsed.GetValue(json), parsed.GetValue(target), parsed.GetValue(peerOnly), parsed.GetValue(records));
        if (parsed.GetValue(burn) is { } percent)
            BusyProgram.Burn(percent);
        else if (parsed.GetValue(save) is { } folder)
            BenchRun.Save(settings, folder);
        else if (parsed.GetValue(sweep) is { } samples)
            BenchRun.Sweep(settings, samples, parsed.GetValue(layer), parsed.GetValue(schedules), Console.Out);
        else if (parsed.GetValue(beside))
            BenchRun.MeasureBeside(settings, Console.Out);
        else if (parsed.GetValue(errors))
            BenchRun.MeasureErrors(settings, parsed.GetValue(shapes), Console.Out);
        else if (parsed.GetValue(ranking))
            BenchRun.JudgeRanking(settings, Console.Out);
        else if (parsed.GetValue(quantized) is { } file)
            BenchRun.MeasureQuantized(settings, file, Console.Out);
        else if (parsed.GetValue(launches))
            LaunchCost.Measure(settings.Threads, Console.Out);
        else if (parsed.GetValue(scaling))
            BenchRun.MeasureScaling(settings, Console.Out);
        else
            BenchRun.Measure(settings, Console.Out);
        return 0;
    }
    catch (LatheException e)
    {
        Console.Error.WriteLine($"error {e.Code}: {e.Message}{(e.Next is null ? "" : $"\n  {e.Next}")}");
        return e.ExitCode;
    }
    catch (OnnxRuntimeException e)
    {
        Console.Error.WriteLine($"error: {e.Message}");
        return 3;
    }
});
return root.Parse(args).Invoke();
