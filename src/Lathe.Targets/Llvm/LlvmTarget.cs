namespace Lathe.Targets.Llvm;

/// <summary>
/// Which machine to compile for. The text form is <c>llvm -mtriple=T -mcpu=C -mattr=+a,-b -opt-level=3 -subnormals=keep</c>; what is left out is
/// the host's, and another triple's generic CPU. Equal targets make equal code.
/// </summary>
public sealed record LlvmTarget
{
    private static readonly Lazy<LlvmTarget> HostTarget = new(() => Parse("native"));

    private LlvmTarget(string triple, string cpu, string features, int optLevel, bool flushesSubnormals)
    {
        (Triple, Cpu, Features, OptLevel, FlushesSubnormals) = (triple, cpu, features, optLevel, flushesSubnormals);
        Facts = TargetProbe.Facts(triple, cpu, features);
    }

    /// <summary>This machine, with all that its CPU can do.</summary>
    public static LlvmTarget Host => HostTarget.Value;

    /// <summary>Normalized: <c>x86_64-unknown-linux-gnu</c>.</summary>
    public string Triple { get; }

    public string Cpu { get; }

    /// <summary>LLVM's list: <c>+avx2,-fma</c>; may be empty.</summary>
    public string Features { get; }

    /// <summary>LLVM's optimization level, 0 to 3.</summary>
    public int OptLevel { get; }

    /// <summary>Numbers below the normal range are zero while compiled code runs.</summary>
    public bool FlushesSubnormals { get; }

    public TargetFacts Facts { get; }

    public string Architecture => Triple[..Triple.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>The operating system without its version: <c>linux</c>, <c>macosx</c>, <c>windows</c>, <c>unknown</c>.</summary>
    public string Os => Triple.Split('-') is [_, _, var os, ..] ? os.TrimEnd("0123456789.".ToCharArray()) : "unknown";

    public ObjectFormat Format => Os switch
    {
        "macosx" or "darwin" or "ios" or "tvos" or "watchos" or "xros" => ObjectFormat.MachO,
        "windows" => ObjectFormat.Coff,
        _ => Architecture.StartsWith("wasm", StringComparison.Ordinal) ? ObjectFormat.Wasm : ObjectFormat.Elf,
    };

    /// <summary>Whether <see cref="Linker"/> makes a library or module of its objects; others stay one relocatable object.</summary>
    public bool HasLinker => Format == ObjectFormat.Wasm || (Format == ObjectFormat.Elf && Os is "linux" or "freebsd" or "android");

    /// <summary>Whether its code runs in this process.</summary>
    public bool IsHost => Architecture == Host.Architecture && Os == Host.Os;

    private static unsafe string HostTriple => Normalize(LibLlvm.TakeMessage(LibLlvm.LLVMGetDefaultTargetTriple()));

    private static unsafe string HostCpu => LibLlvm.TakeMessage(LibLlvm.LLVMGetHostCPUName());

    private static unsafe string HostFeatures => LibLlvm.TakeMessage(LibLlvm.LLVMGetHostCPUFeatures());

    /// <summary>
    /// Reads <c>native</c> or <c>llvm</c> with options. Throws a <see cref="ModelException"/> that names the option which is
    /// wrong, or an <see cref="UnsupportedException"/> without libLLVM.
    /// </summary>
    public static LlvmTarget Parse(string text)
    {
        LlvmLibrary.Require();
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words is not ["llvm" or "native", ..])
            throw Wrong($"the target '{text}' does not start with 'llvm' or 'native'");
        string? triple = null, cpu = null, attributes = null;
        int level = 3;
        bool flushes = false;
        for (int i = 1; i < words.Length; i++)
        {
            string[] pair = words[i].Split('=', 2);
            string option = pair[0].StartsWith("--", StringComparison.Ordinal) ? pair[0][1..] : pair[0];
            if (option is not ("-mtriple" or "-mcpu" or "-mattr" or "-opt-level" or "-subnormals"))
                throw Wrong($"the target '{text}' has the option '{words[i]}', which is not known");
            string value = pair.Length == 2 ? pair[1] : i + 1 < words.Length ? words[++i] : "";
            if (value.Length == 0)
                throw Wrong($"the target option {option} has no value");
            switch (option)
            {
                case "-mtriple": triple = Normalize(value); break;
                case "-mcpu": cpu = value; break;
                case "-mattr": attributes = Attributes(value); break;
                case "-subnormals": flushes = value switch { "flush" => true, "keep" => false, _ => throw Wrong($"-subnormals={value} is not keep or flush") }; break;
                default: level = value is ['0' or '1' or '2' or '3'] ? value[0] - '0' : throw Wrong($"-opt-level={value} is not 0, 1, 2 or 3"); break;
            }
        }
        bool host = triple is null || triple == HostTriple;
        if (cpu is "native" && !host)
            throw Wrong($"-mcpu=native does not go with -mtriple={triple}");
        var target = cpu is "native" || (cpu is null && host)
            ? new LlvmTarget(HostTriple, HostCpu, Join(HostFeatures, attributes), level, flushes)
            : new LlvmTarget(triple ?? HostTriple, cpu ?? "generic", attributes ?? "", level, flushes);
        return !flushes || SubnormalFlushing.Has(target.Architecture) ? target : throw Wrong($"-subnormals=flush does not go with {target.Architecture}, whose code cannot ask for it");
    }

    /// <summary>In the form that <see cref="Parse"/> reads, with everything said.</summary>
    public override string ToString() =>
        $"llvm -mtriple={Triple} -mcpu={Cpu}{(Features.Length > 0 ? $" -mattr={Features}" : "")}{(OptLevel != 3 ? $" -opt-level={OptLevel}" : "")}{(FlushesSubnormals ? " -subnormals=flush" : "")}";

    private static string Attributes(string value)
    {
        foreach (string attribute in value.Split(','))
            if (attribute is not ['+' or '-', _, ..])
                throw Wrong($"-mattr={value}: '{attribute}' does not start with + or -");
        return value;
    }

    private static string Join(string features, string? more) => more is null ? features : features.Length == 0 ? more : $"{features},{more}";

    private static unsafe string Normalize(string triple)
    {
        string normal = LibLlvm.TakeMessage(LibLlvm.LLVMNormalizeTargetTriple(triple));
        return normal.Contains('-', StringComparison.Ordinal) ? normal : $"{normal}-unknown-unknown";
    }

    private static ModelException Wrong(string message) =>
        new("LATHE4211", message, "a target reads: native, or llvm [-mtriple=T] [-mcpu=C] [-mattr=+a,-b] [-opt-level=0..3] [-subnormals=keep|flush]");
}
