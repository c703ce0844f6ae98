namespace Lathe.Targets.Llvm;

/// <summary>
/// The processor's mode in which numbers below the normal range are zero, as operands and as results: MXCSR's FTZ and DAZ on x86, FPCR's FZ on
/// AArch64. Code sets it where a thread enters and puts back what it found, so that the host's own arithmetic is not touched; infinities and NaN
/// are what they were.
/// </summary>
internal static class SubnormalFlushing
{
    private const string BeginName = "lathe.begin_flushing", EndName = "lathe.end_flushing";

    /// <summary>What the compiler may take for granted where the mode is set, as an attribute of functions.</summary>
    public const string Attribute = "\"denormal-fp-math\"=\"preserve-sign,preserve-sign\" ";

    /// <summary>Whether all processors of an architecture have the mode, for scalars and vectors alike.</summary>
    public static bool Has(string architecture) => IsX86(architecture) || IsArm(architecture);

    /// <summary>The line that sets the mode and keeps what was there; nothing where the target's code does not flush.</summary>
    public static string Begin(IrModule module)
    {
        if (!module.Target.FlushesSubnormals)
            return "";
        AddHelpers(module);
        return $"  %mode = call {Type(module)} @{BeginName}()\n";
    }

    /// <summary>The line that puts back what <see cref="Begin"/> found.</summary>
    public static string End(IrModule module) => module.Target.FlushesSubnormals ? $"  call void @{EndName}({Type(module)} %mode)\n" : "";

    private static bool IsX86(string architecture) => architecture == "x86_64";

    private static bool IsArm(string architecture) => architecture is "aarch64" or "arm64" or "aarch64_be";

    private static string Type(IrModule module) => IsX86(module.Target.Architecture) ? "i32" : "i64";

    private static void AddHelpers(IrModule module)
    {
        string type = Type(module);
        bool x86 = IsX86(module.Target.Architecture);
        int bits = x86 ? 0x8040 : 1 << 24;
        string place = x86 ? "  %at = alloca i32\n" : "";
        string read, write;
        if (x86)
        {
            string get = module.Declare("llvm.x86.sse.stmxcsr", "void", "ptr"), set = module.Declare("llvm.x86.sse.ldmxcsr", "void", "ptr");
            read = $"  call void @{get}(ptr %at)\n  %found = load i32, ptr %at\n";
            write = $"  store i32 %new, ptr %at\n  call void @{set}(ptr %at)\n";
        }
        else
        {
            string get = module.Declare("llvm.aarch64.get.fpcr", "i64"), set = module.Declare("llvm.aarch64.set.fpcr", "void", "i64");
            read = $"  %found = call i64 @{get}()\n";
            write = $"  call void @{set}(i64 %new)\n";
        }
        // Writing waits for arithmetic under way: a task on a thread that is in the mode already leaves it alone.
        module.AddHelper(BeginName, $$"""
            define internal {{type}} @{{BeginName}}() #0 {
            entry:
            {{place}}{{read}}  %new = or {{type}} %found, {{bits}}
              %same = icmp eq {{type}} %new, %found
              br i1 %same, label %done, label %change
            change:
            {{write}}  br label %done
            done:
              ret {{type}} %found
            }

            """);
        module.AddHelper(EndName, $$"""
            define internal void @{{EndName}}({{type}} %new) #0 {
            entry:
            {{place}}  %bits = and {{type}} %new, {{bits}}
              %same = icmp eq {{type}} %bits, {{bits}}
              br i1 %same, label %done, label %change
            change:
            {{write}}  br label %done
            done:
              ret void
            }

            """);
    }
}
