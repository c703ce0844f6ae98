using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Group = Lathe.Compilation.Scheduling.Group;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// What a group's kernel has to compute, without the values: equal layers of different models are the same workload. The text begins with
/// the op that the group is built around, and goes on with all of its nodes:
/// <code>
/// Conv(f32[1,58,58,64], const f32[64,64,3,3]) -> f32[1,56,56,64]: %2 = Conv {...}(%0, $1) : f32[1,56,56,64]; %3 = Relu(%2) : f32[1,56,56,64]
/// </code>
/// <c>%</c> stands before values, <c>$</c> before constants, of which only the type is told. What lies in a larger value's memory says so,
/// <c>%0: f32[1,56,56,64] in f32[1,56,56,256]</c>, since its rows are as far apart as the larger one's; where it begins there is left out, so that the
/// layers of a growing block, which begin one after another, are one workload.
/// </summary>
/// <param name="Text">The canonical text.</param>
/// <param name="Hash">The first sixteen hexadecimal digits of the text's SHA-256.</param>
/// <param name="Kind">The op that the group is built around.</param>
/// <param name="Extents">All extents in the types of that op's operands and result.</param>
public sealed partial record Workload(string Text, string Hash, string Kind, EquatableArray<long> Extents)
{
    private const int LongestText = 1 << 15;

    internal static Workload Of(Group group, IReadOnlySet<Value> materialized)
    {
        var nodes = GroupNodes.Of(group, materialized);
        var names = new Dictionary<Value, string>();
        string Name(Value value)
        {
            if (!names.TryGetValue(value, out string? name))
            {
                name = $"{(value.Constant is null ? '%' : '$')}{names.Count}";
                names.Add(value, name);
            }
            return name;
        }
        string Type(Value value)
        {
            var place = value == group.Result ? group.Place : group.Views.FirstOrDefault(v => v.Value == value).At;
            return place is null ? $"{value.Type}" : $"{value.Type} in {place.Whole.Type}";
        }
        string Node(Node node)
        {
            string inputs = string.Join(", ", node.Inputs.Select(i => names.ContainsKey(i) ? Name(i) : $"{Name(i)}: {Type(i)}"));
            string outputs = string.Join(", ", node.Outputs.Select(Name));
            return $"{outputs} = {GraphText.Print(node.Op)}({inputs}) : {string.Join(", ", node.Outputs.Select(Type))}";
        }
        var core = group.Anchor ?? nodes[^1];
        string operands = string.Join(", ", core.Inputs.Select(i => $"{(i.Constant is null ? "" : "const ")}{i.Type}"));
        string text = $"{core.Op.Name}({operands}) -> {core.Output.Type}: {string.Join("; ", nodes.Select(Node))}";
        return Parse(text);
    }

    /// <summary>Reads what <see cref="Text"/> holds; null for texts of another form.</summary>
    public static Workload? TryParse(string text) => text.Length <= LongestText && Head().IsMatch(text) ? Parse(text) : null;

    /// <summary>
    /// How unlike two workloads' shapes are: the root of the summed squares of the extents' ratios, as powers of two. Infinite between different ops.
    /// </summary>
    public double DistanceTo(Workload other)
    {
        if (Kind != other.Kind || Extents.Count != other.Extents.Count)
            return double.PositiveInfinity;
        return Math.Sqrt(Extents.Zip(other.Extents, (a, b) => Math.Pow(Math.Log2(Math.Max(1, a)) - Math.Log2(Math.Max(1, b)), 2)).Sum());
    }

    /// <summary>For people: the op, its operands and its result.</summary>
    public string Brief => Text[..Text.IndexOf(": ", StringComparison.Ordinal)];

    public override string ToString() => Brief;

    private static Workload Parse(string text)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
        string head = Head().Match(text).Value;
        var extents = Shape().Matches(head)
            .SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries))
            .Select(e => long.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out long extent) ? extent : 0);
        return new(text, hash, head[..Math.Max(0, head.IndexOf('('))], extents.ToEquatableArray());
    }

    [GeneratedRegex(@"^\w+\([^()]*\) -> \w+\[[\d,]*\](?=: )")]
    private static partial Regex Head();

    [GeneratedRegex(@"\[([\d,]*)\]")]
    private static partial Regex Shape();
}
