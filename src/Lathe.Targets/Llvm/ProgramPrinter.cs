using System.Text;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Writes a program as LLVM IR: a module for each kernel, so that they can be compiled at the same time, and one with the
/// functions that <see cref="CHeader"/> declares.
/// </summary>
internal static class ProgramPrinter
{
    private const string Context = "%lathe_context";

    /// <summary>
    /// The entry module, then the kernels' in the order of their first use; or one module of all, for targets whose objects
    /// nothing here can link. A module's weight is about what it takes to compile.
    /// </summary>
    public static IReadOnlyList<(string Name, Func<string> Print, long Weight)> Modules(Program program, LlvmTarget target)
    {
        foreach (var step in program.Steps)
        {
            int parameters = step.Kernel.Parameters.Count();
            if (parameters != step.Arguments.Count)
                throw new InternalException("LATHE4231", $"step {step.Name} gives {step.Arguments.Count} buffers to {step.Kernel.Name}, which has {parameters}");
        }
        if (!target.HasLinker)
            return [(program.Name, () => PrintAll(program, target), 0)];
        var modules = new List<(string, Func<string>, long)> { ("entry", () => PrintEntry(program, target), program.Steps.Count) };
        foreach (var kernel in program.Kernels)
            modules.Add((kernel.Name, () => PrintKernel(program, kernel, target), kernel.Body.Descendants().LongCount()));
        return modules;
    }

    private static string PrintAll(Program program, LlvmTarget target)
    {
        var module = new IrModule(target);
        foreach (var kernel in program.Kernels)
            AddKernel(module, program, kernel, "internal ");
        AddEntry(module, program);
        return module.ToString();
    }

    private static string PrintKernel(Program program, Kernel kernel, LlvmTarget target)
    {
        var module = new IrModule(target);
        AddKernel(module, program, kernel, "hidden ");
        return module.ToString();
    }

    private static string PrintEntry(Program program, LlvmTarget target)
    {
        var module = new IrModule(target);
        foreach (var kernel in program.Kernels)
        {
            string parameters = string.Join(", ", Enumerable.Repeat("ptr", kernel.Parameters.Count() + 2));
            module.Declare($"declare hidden void @{Symbol(kernel)}({parameters})");
        }
        AddEntry(module, program);
        return module.ToString();
    }

    private static string Symbol(Kernel kernel) => IrType.Name($"lathe.kernel.{kernel.Name}");

    private static void AddKernel(IrModule module, Program program, Kernel kernel, string linkage)
    {
        var uses = program.Steps.Where(s => s.Kernel.Name == kernel.Name).ToList();
        bool[] isAligned = [.. kernel.Parameters.Select((_, i) => uses.TrueForAll(s => IsAligned(s.Arguments[i])))];
        FunctionPrinter.AddKernel(module, kernel, Symbol(kernel), linkage, isAligned);
    }

    private static bool IsAligned(Location location) =>
        location.Region is Region.Arena or Region.Parameters && location.Offset % 64 == 0;

    private static void AddEntry(IrModule module, Program program)
    {
        string export = module.Target.Format == ObjectFormat.Coff ? "dllexport " : "";
        module.Add($"{Context} = type {{ ptr, ptr, ptr, ptr, ptr, ptr }}\n");
        for (int i = 0; i < program.Steps.Count; i++)
            module.Add(PrintStep(i, program.Steps[i]));
        int count = program.Steps.Count;
        string table = string.Join(", ", Enumerable.Range(0, count).Select(i => $"ptr @lathe.step.{i}"));
        module.Add($"@lathe.steps = internal constant [{count} x ptr] [{table}]\n");
        module.Declare("llvm.smax.i32", "i32", "i32", "i32");
        module.Declare("llvm.smin.i32", "i32", "i32", "i32");
        module.Add(PrintRun(module, export, program));
        AddConstant("lathe_abi_version", "i32", CHeader.AbiVersion);
        AddConstant("lathe_arena_bytes", "i64", program.ArenaBytes);
        AddConstant("lathe_params_bytes", "i64", program.ParameterBytes);
        AddConstant("lathe_input_count", "i32", program.Inputs.Count);
        AddConstant("lathe_output_count", "i32", program.Outputs.Count);
        AddConstant("lathe_step_count", "i32", count);

        void AddConstant(string name, string type, long value) =>
            module.Add($"define {export}{type} @{name}() #0 {{\n  ret {type} {value}\n}}\n");
    }

    /// <summary>A function that takes its buffers' places from the context and calls the kernel.</summary>
    private static string PrintStep(int index, Step step)
    {
        var text = new StringBuilder($"define internal void @lathe.step.{index}(ptr %context) #0 {{\n");
        var bases = new Dictionary<int, string>();
        var arguments = new List<string>();
        for (int i = 0; i < step.Arguments.Count; i++)
        {
            var location = step.Arguments[i];
            int field = location.Region switch { Region.Input => 0, Region.Output => 1, Region.Parameters => 2, _ => 3 };
            string start = Field(field);
            string pointer = $"%b{i}";
            if (field <= 1)
                text.Append($"  %e{i} = getelementptr inbounds ptr, ptr {start}, i64 {location.Offset}\n  {pointer} = load ptr, ptr %e{i}\n");
            else
                text.Append($"  {pointer} = getelementptr inbounds i8, ptr {start}, i64 {location.Offset}\n");
            arguments.Add($"ptr {pointer}");
        }
        arguments.Add($"ptr {Field(4)}");
        arguments.Add($"ptr {Field(5)}");
        text.Append($"  call void @{Symbol(step.Kernel)}({string.Join(", ", arguments)})\n  ret void\n}}\n");
        return text.ToString();

        string Field(int field)
        {
            if (bases.TryGetValue(field, out string? known))
                return known;
            text.Append($"  %a{field} = getelementptr inbounds {Context}, ptr %context, i32 0, i32 {field}\n");
            text.Append($"  %r{field} = load ptr, ptr %a{field}\n");
            return bases[field] = $"%r{field}";
        }
    }

    private static string PrintRun(IrModule module, string export, Program program)
    {
        int count = program.Steps.Count;
        var (cases, jumps, targets) = (new StringBuilder(), new StringBuilder(), new StringBuilder("[ %next, %step ]"));
        foreach (var (i, loop) in program.Loops.Index())
        {
            cases.Append($" i32 {loop.Body}, label %body{i} i32 {loop.Last}, label %last{i}");
            jumps.Append(PrintJumps(i, loop));
            targets.Append($", [ %to_body{i}, %body{i} ], [ %to_last{i}, %last{i} ]");
        }
        return $$"""
            define {{export}}void @lathe_run_steps(ptr %context, i32 %first, i32 %last) #0 {
            entry:
            {{SubnormalFlushing.Begin(module)}}  %begin = call i32 @llvm.smax.i32(i32 %first, i32 0)
              %end = call i32 @llvm.smin.i32(i32 %last, i32 {{count}})
              %any = icmp slt i32 %begin, %end
              br i1 %any, label %step, label %done
            step:
              %i = phi i32 [ %begin, %entry ], [ %to, %go ]
              %slot = getelementptr inbounds [{{count}} x ptr], ptr @lathe.steps, i32 0, i32 %i
              %function = load ptr, ptr %slot
              call void %function(ptr %context)
              %next = add nuw nsw i32 %i, 1
              switch i32 %next, label %go [{{cases}} ]
            {{jumps}}go:
              %to = phi i32 {{targets}}
              %more = icmp slt i32 %to, %end
              br i1 %more, label %step, label %done
            done:
            {{SubnormalFlushing.End(module)}}  ret void
            }

            define {{export}}void @lathe_run(ptr %context) #0 {
              tail call void @lathe_run_steps(ptr %context, i32 0, i32 {{count}})
              ret void
            }

            """;
    }

    /// <summary>Where a run goes on before a loop's body and after it. Of a loop that is only partly among the steps to run, each runs once.</summary>
    private static string PrintJumps(int i, StepLoop loop) => $$"""
        body{{i}}:
          %field{{i}} = getelementptr inbounds {{Context}}, ptr %context, i32 0, i32 3
          %arena{{i}} = load ptr, ptr %field{{i}}
          %at{{i}} = getelementptr inbounds i8, ptr %arena{{i}}, i64 {{loop.Condition}}
          %bool{{i}} = load i8, ptr %at{{i}}
          %ends{{i}} = icmp eq i8 %bool{{i}}, 0
        {{PrintIsWhole($"body_whole{i}", loop)}}
          %skips{{i}} = and i1 %ends{{i}}, %body_whole{{i}}
          %to_body{{i}} = select i1 %skips{{i}}, i32 {{loop.Last}}, i32 {{loop.Body}}
          br label %go
        last{{i}}:
        {{PrintIsWhole($"last_whole{i}", loop)}}
          %to_last{{i}} = select i1 %last_whole{{i}}, i32 {{loop.First}}, i32 {{loop.Last}}
          br label %go

        """;

    private static string PrintIsWhole(string name, StepLoop loop) =>
        $"  %{name}_a = icmp sle i32 %begin, {loop.First}\n  %{name}_b = icmp sge i32 %end, {loop.Last}\n  %{name} = and i1 %{name}_a, %{name}_b";
}
