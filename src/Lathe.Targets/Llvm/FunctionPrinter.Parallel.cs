using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    private bool _canFork;
    private int _forks;

    /// <summary>
    /// Adds a kernel's function to the module: <c>void @kernel(ptr buffers..., ptr %parallel_for, ptr %pool)</c>.
    /// <paramref name="isAligned"/> says which parameters are always 64-byte aligned.
    /// </summary>
    public static void AddKernel(IrModule module, Kernel kernel, string symbol, string linkage, IReadOnlyList<bool> isAligned)
    {
        var printer = new FunctionPrinter(module, kernel.Name) { _canFork = true };
        var parameters = new List<string>();
        foreach (var buffer in kernel.Parameters)
        {
            string name = $"%arg{parameters.Count}";
            string aligned = isAligned[parameters.Count] ? " align 64" : "";
            string valid = buffer.Bytes > 0 ? $" dereferenceable({buffer.Bytes})" : "";
            parameters.Add($"ptr noalias{aligned}{valid} {name}");
            printer._buffers[buffer.Name] = name;
        }
        parameters.Add("ptr %parallel_for");
        parameters.Add("ptr %pool");
        printer.Print(kernel.Body);
        printer.Line("ret void");
        module.Add($"define {linkage}void @{symbol}({string.Join(", ", parameters)}) noinline {printer.Attributes} {{\n{printer.Blocks}}}\n");
    }

    /// <summary>
    /// Writes the loop's body as a function of its own, and a call of the host's parallel_for with it; or a serial loop of
    /// calls where there is no host or only one iteration.
    /// </summary>
    private void Fork(For loop)
    {
        var begin = Emit(loop.Begin);
        var end = Emit(loop.End);
        var count = Binary(BinaryOp.Sub, end, begin);
        if (count.Literal is <= 1)
        {
            Loop(loop);
            return;
        }
        var (variables, buffers) = LoopFacts.Free(loop.Body);
        var captured = new List<(string Type, string Value, Var? Var, string? Buffer)>();
        foreach (var buffer in buffers)
            captured.Add(("ptr", _buffers[buffer.Name], null, buffer.Name));
        foreach (var v in variables.Where(v => v.Name != loop.Var.Name))
        {
            var value = Emit(v);
            if (!value.IsConstant)
                captured.Add((IrType.Of(value.Type), value.Text, v, null));
        }
        if (!begin.IsConstant)
            captured.Add(("i64", begin.Text, null, null));
        string layout = $"{{ {string.Join(", ", captured.Select(c => c.Type))} }}";
        string frame = $"%{Fresh("captured")}";
        _entry.Append($"  {frame} = alloca {layout}\n");
        for (int i = 0; i < captured.Count; i++)
        {
            string field = Op(ExprType.Index, $"getelementptr inbounds {layout}, ptr {frame}, i32 0, i32 {i}").Text;
            Line($"store {captured[i].Type} {captured[i].Value}, ptr {field}");
        }
        string symbol = IrType.Name($"{_function}.parallel{_forks++}");
        AddBody(loop, symbol, layout, captured, begin);
        Call(FreshFor(loop.Var), symbol, frame, count);
    }

    private void Call(string id, string symbol, string frame, IrValue count)
    {
        var flag = new ExprType(DType.Bool);
        var hasHost = Op(flag, "icmp ne ptr %parallel_for, null");
        var isMany = count.Literal is null ? Op(flag, $"icmp sgt {count.Typed}, 1") : new IrValue("true", flag);
        var forks = isMany.IsConstant ? hasHost : Op2("and", hasHost, isMany);
        Line($"br {forks.Typed}, label %{id}.fork, label %{id}.serial");
        Label($"{id}.fork");
        Line($"call void %parallel_for(ptr %pool, ptr @{symbol}, ptr {frame}, {count.Typed})");
        Line($"br label %{id}.end");
        Label($"{id}.serial");
        var any = Op(flag, $"icmp sgt {count.Typed}, 0");
        Line($"br {any.Typed}, label %{id}.call, label %{id}.end");
        Label($"{id}.call");
        Line($"%{id} = phi i64 [ 0, %{id}.serial ], [ %{id}.next, %{id}.call ]");
        Line($"call void @{symbol}(ptr {frame}, i64 %{id})");
        Line($"%{id}.next = add nuw nsw i64 %{id}, 1");
        Line($"%{id}.more = icmp slt i64 %{id}.next, {count.Text}");
        Line($"br i1 %{id}.more, label %{id}.call, label %{id}.end");
        Label($"{id}.end");
        _epoch++;
    }

    /// <summary>
    /// Two functions: the one that the host calls unpacks what was captured, and the other has it as parameters that do not
    /// alias, which loads from memory could not say.
    /// </summary>
    private void AddBody(
        For loop, string symbol, string layout, List<(string Type, string Value, Var? Var, string? Buffer)> captured, IrValue begin)
    {
        string inner = IrType.Name(symbol.Trim('"') + ".body");
        var entry = new System.Text.StringBuilder("entry:\n");
        var parameters = new List<string>();
        var arguments = new List<string>();
        var body = new FunctionPrinter(_module, _function);
        foreach (var (v, bound) in _variables)
            if (bound.Value.IsConstant)
                body._variables[v] = bound;
        string start = begin.Text;
        for (int i = 0; i < captured.Count; i++)
        {
            var (type, _, v, buffer) = captured[i];
            entry.Append($"  %f{i} = getelementptr inbounds {layout}, ptr %data, i32 0, i32 {i}\n  %c{i} = load {type}, ptr %f{i}\n");
            if (buffer is not null)
                body._buffers[buffer] = $"%c{i}";
            else if (v is not null)
                body._variables[v] = (_variables[v].Value with { Text = $"%c{i}" }, 0, false);
            else
                start = $"%c{i}";
            parameters.Add($"{type}{(buffer is not null ? " noalias" : "")} %c{i}");
            arguments.Add($"{type} %c{i}");
        }
        entry.Append($"  %at = add nsw i64 %index, {start}\n");
        entry.Append($"{SubnormalFlushing.Begin(_module)}  call void @{inner}({string.Join(", ", arguments.Append("i64 %at"))})\n{SubnormalFlushing.End(_module)}  ret void\n");
        _module.Add($"define internal void @{symbol}(ptr %data, i64 %index) noinline #0 {{\n{entry}}}\n");
        body.Bind(loop.Var, new IrValue("%at", ExprType.Index, true, begin.IsNonNegative), isComputed: false);
        body.Print(loop.Body);
        body.Line("ret void");
        _module.Add($"define internal void @{inner}({string.Join(", ", parameters.Append("i64 %at"))}) noinline {body.Attributes} {{\n{body.Blocks}}}\n");
    }
}
