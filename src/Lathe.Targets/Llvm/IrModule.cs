using System.Text;

namespace Lathe.Targets.Llvm;

/// <summary>The text of a module while it is written: functions, the intrinsics that they declare, loop metadata.</summary>
internal sealed class IrModule(LlvmTarget target)
{
    /// <summary>The attributes of functions, and of those whose loops hold vectors already.</summary>
    public const string Plain = "#0", FinalVectors = "#1";

    private readonly StringBuilder _functions = new();
    private readonly SortedSet<string> _declarations = new(StringComparer.Ordinal);
    private readonly HashSet<string> _helpers = [];
    private readonly StringBuilder _metadata = new();
    private int _nextMetadata = 2;

    public LlvmTarget Target { get; } = target;

    public TargetFacts Facts => Target.Facts;

    /// <summary>Adds a finished definition.</summary>
    public void Add(string definition) => _functions.Append(definition).Append('\n');

    /// <summary>Declares an intrinsic and returns its name.</summary>
    public string Declare(string name, string result, params ReadOnlySpan<string> parameters)
    {
        _declarations.Add($"declare {result} @{name}({string.Join(", ", parameters.ToArray())})");
        return name;
    }

    public void Declare(string declaration) => _declarations.Add(declaration);

    /// <summary>Adds a helper function once.</summary>
    public void AddHelper(string name, string definition)
    {
        if (_helpers.Add(name))
            Add(definition);
    }

    /// <summary>The metadata of a loop whose code is already in its final form: LLVM neither vectorizes nor unrolls it.</summary>
    public string FinalLoop()
    {
        int id = _nextMetadata++;
        _metadata.Append($"!{id} = distinct !{{!{id}, !0, !1}}\n");
        return $", !llvm.loop !{id}";
    }

    /// <summary>
    /// LLVM's picture of Intel's server cores starts loads as early as it can, until sums of a register tile have to leave their registers in the innermost
    /// loop. That of another core with as many registers keeps the order; instructions are chosen by the CPU as ever.
    /// </summary>
    private string Tuning() =>
        Facts.VectorBytes == 64 && Target.Cpu is "skylake-avx512" or "cascadelake" or "cooperlake" or "cannonlake" or "icelake-client" or "icelake-server"
            or "rocketlake" or "tigerlake" or "sapphirerapids" or "emeraldrapids" or "graniterapids"
            ? "\"tune-cpu\"=\"znver4\" "
            : "";

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append($"target triple = \"{Target.Triple}\"\n\n").Append(_functions);
        foreach (string declaration in _declarations)
            text.Append(declaration).Append('\n');
        // Floats that the code does not ask for would be vectors of addresses, which LLVM takes apart again in the innermost loop. Without such floats it clears and
        // copies a few vectors by calls, unless it has nothing to call.
        string attributes = $"nounwind \"prefer-vector-width\"=\"{8 * Facts.VectorBytes}\" {Tuning()}{(Target.FlushesSubnormals ? SubnormalFlushing.Attribute : "")}"
            + "\"no-builtin-memmove\" \"no-builtin-memset_pattern16\" \"no-stack-arg-probe\"";
        text.Append($"\nattributes {Plain} = {{ {attributes} }}\nattributes {FinalVectors} = {{ noimplicitfloat \"no-builtin-memset\" \"no-builtin-memcpy\" {attributes} }}\n");
        text.Append("!0 = !{!\"llvm.loop.vectorize.enable\", i1 false}\n!1 = !{!\"llvm.loop.unroll.disable\"}\n").Append(_metadata);
        return text.ToString();
    }
}
