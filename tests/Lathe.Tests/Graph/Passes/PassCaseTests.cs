using Lathe.Compilation;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;
using Lathe.Tests.Compilation;

namespace Lathe.Tests.Graphs.Passes;

/// <summary>
/// Every pass and rule on the programs of files/passes/NAME.txt: the result is as written there (LATHE_BLESS=1 rewrites it), the rule
/// matched unless the case's name says that something stays, and inputs give the same outputs before and after.
/// </summary>
public class PassCaseTests
{
    /// <summary>Passes and rules that are made with something.</summary>
    private static readonly Dictionary<string, Func<Pass>> Made = new()
    {
        [nameof(FoldConstant)] = () => new RewritePass(nameof(FoldConstant), new FoldConstant(new GraphEvaluator())),
        [nameof(WidenHalves)] = () => new WidenHalves(),
        [nameof(MergeMovements)] = () => new RewritePass(nameof(MergeMovements), new MergeMovements()),
        [nameof(DecomposeComposites)] = () => new DecomposeComposites(),
        [nameof(RewriteLoops)] = () => new RewriteLoops(InLoops),
        ["ToChannelsFirst"] = () => new ToLayout(Layout.ChannelsFirst),
        ["ToChannelsLast"] = () => new ToLayout(Layout.ChannelsLast),
    };

    public static TheoryData<string> Names => [.. Subjects.Where(t => t != typeof(ToLayout)).Select(t => t.Name).Union(Made.Keys)];

    private static IEnumerable<Type> Subjects => typeof(Pass).Assembly.GetTypes().Where(t =>
        !t.IsAbstract && !t.IsNested && (t.IsSubclassOf(typeof(Rule)) || (t.IsSubclassOf(typeof(Pass)) && t != typeof(RewritePass))));

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_the_written_program_and_the_same_values(string name)
    {
        string path = TestFiles.InSource($"passes/{name}.txt");
        Assert.True(File.Exists(path), $"{name} has no cases; write some in {path}");
        var cases = PassCase.Read(path);
        var pass = PassOf(name);
        var results = cases.Select(c => Run(pass, c)).ToList();
        Assert.Contains(results, c => c.Expected != PassCase.Unchanged);
        Assert.All(results, c => Assert.True(c.Name.Contains(" stay", StringComparison.Ordinal) == (c.Expected == PassCase.Unchanged), $"{c.Name} gives {c.Expected}"));
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            PassCase.Write(path, results);
        else
            Assert.All(cases.Zip(results), p => Assert.Equal(p.First, p.Second));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Comes_to_an_end_with_the_other_rules(string name)
    {
        foreach (var item in PassCase.Read(TestFiles.InSource($"passes/{name}.txt")))
        {
            var graph = GraphText.Parse(item.Input);
            var result = new Compiler(new(Compiled.Managed), new()).Optimize(graph);
            AssertSameValues(item.Name, graph, result);
        }
    }

    private static Pass[] InLoops() => [new DecomposeComposites(), new RewriteLoops(InLoops)];

    private static Pass PassOf(string name)
    {
        if (Made.TryGetValue(name, out var make))
            return make();
        return Activator.CreateInstance(Subjects.Single(t => t.Name == name)) switch
        {
            Rule rule => new RewritePass(name, rule),
            Pass pass => pass,
            _ => throw new InvalidOperationException($"{name} is neither a rule nor a pass"),
        };
    }

    /// <summary>The case as the pass makes it.</summary>
    private static PassCase Run(Pass pass, PassCase item)
    {
        try
        {
            var graph = GraphText.Parse(item.Input);
            var result = pass.Run(graph);
            GraphVerifier.Verify(result);
            AssertSameValues(item.Name, graph, result);
            var (before, after) = (GraphText.Print(graph).Trim(), GraphText.Print(result).Trim());
            return new(item.Name, before, after == before ? PassCase.Unchanged : after);
        }
        catch (LatheException e)
        {
            throw new InvalidOperationException($"{item.Name}: {e.Message}", e);
        }
    }

    private static void AssertSameValues(string name, Graph before, Graph after)
    {
        Assert.Equal(before.Inputs.Select(i => i.Type), after.Inputs.Select(i => i.Type));
        Assert.Equal(before.Outputs.Select(o => (o.Name, o.Value.Type)), after.Outputs.Select(o => (o.Name, o.Value.Type)));
        var inputs = Compiled.RandomInputs(before, 11);
        try
        {
            // Rules reorder sums and products, each of which rounds to f32.
            Compiled.AssertClose(Compiled.Exact(before, inputs), Compiled.Exact(after, inputs), rtol: 1e-5, atol: 1e-6);
        }
        catch (Xunit.Sdk.XunitException e)
        {
            Assert.Fail($"{name}: {e.Message}");
        }
    }
}
