using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    private void Print(Stmt stmt)
    {
        switch (stmt)
        {
            case Block block:
                foreach (var statement in block.Statements)
                    Print(statement);
                break;
            case Store store:
                Store(store);
                break;
            case Prefetch prefetch:
                Prefetch(prefetch);
                break;
            case LetStmt let:
                Bind(let.Var, Emit(let.Value));
                OpenScope(isControl: false);
                Print(let.Body);
                CloseScope(isControl: false);
                break;
            case Allocate allocate:
                Allocate(allocate);
                break;
            case If branch:
                If(branch);
                break;
            case For { Kind: LoopKind.Unrolled } loop:
                Unroll(loop);
                break;
            case For { Kind: LoopKind.Parallel } loop when _canFork:
                Fork(loop);
                break;
            case For loop:
                Loop(loop);
                break;
            default:
                throw Bug("LATHE4229", $"{_function}: {stmt.GetType().Name} cannot be compiled");
        }
    }

    /// <summary>Local buffers live in the frame from the function's entry, where LLVM turns tiles into registers.</summary>
    private void Allocate(Allocate allocate)
    {
        var buffer = allocate.Buffer;
        string pointer = $"%{IrType.Name($"{buffer.Name}.{_next++}")}";
        _entry.Append($"  {pointer} = alloca [{Math.Max(1, buffer.ElementCount)} x {IrType.InMemory(buffer.Element)}], align 64\n");
        _buffers[buffer.Name] = pointer;
        Print(allocate.Body);
    }

    private void If(If branch)
    {
        var condition = Emit(branch.Condition);
        if (condition.Text is "true" or "false")
        {
            if ((condition.Text == "true" ? branch.Then : branch.Else) is { } taken)
                Print(taken);
            return;
        }
        string id = Fresh("if");
        Line($"br {condition.Typed}, label %{id}.then, label %{id}.{(branch.Else is null ? "end" : "else")}");
        Arm($"{id}.then", branch.Then, $"{id}.end");
        if (branch.Else is { } otherwise)
            Arm($"{id}.else", otherwise, $"{id}.end");
        Label($"{id}.end");
    }

    private void Arm(string label, Stmt body, string end)
    {
        Label(label);
        OpenScope();
        Print(body);
        CloseScope();
        Line($"br label %{end}");
    }

    private void Unroll(For loop)
    {
        if (Emit(loop.Begin).Literal is not { } begin || Emit(loop.End).Literal is not { } end)
            throw Bug("LATHE4230", $"{_function}: the bounds of the unrolled loop {loop.Var.Name} are not constant");
        for (long i = begin; i < end; i++)
        {
            OpenScope();
            Bind(loop.Var, IrValue.Integer(i));
            Print(loop.Body);
            CloseScope();
        }
    }

    private void Loop(For loop)
    {
        var begin = Emit(loop.Begin);
        var end = Emit(loop.End);
        bool isNonNegative = begin.IsNonNegative;
        if (begin.Literal is { } first && end.Literal is { } last && last - first <= 1)
        {
            if (last <= first)
                return;
            OpenScope();
            Bind(loop.Var, begin);
            Print(loop.Body);
            CloseScope();
            return;
        }
        string id = FreshFor(loop.Var);
        string before = _block;
        if (begin.Literal is not null && end.Literal is not null)
        {
            Line($"br label %{id}.body");
        }
        else
        {
            var any = Op(new ExprType(DType.Bool), $"icmp slt {begin.Typed}, {end.Text}");
            Line($"br {any.Typed}, label %{id}.body, label %{id}.end");
        }
        Label($"{id}.body");
        OpenScope();
        _depth++;
        var counter = new IrValue($"%{id}", ExprType.Index, true, isNonNegative);
        Line($"{counter.Text} = phi i64 [ {begin.Text}, %{before} ], [ {counter.Text}.next, %{id}.latch ]");
        Bind(loop.Var, counter, isComputed: false);
        Print(loop.Body);
        _depth--;
        CloseScope();
        Line($"br label %{id}.latch");
        Label($"{id}.latch");
        Line($"{counter.Text}.next = add {(isNonNegative ? "nuw " : "")}nsw i64 {counter.Text}, 1");
        Line($"{counter.Text}.more = icmp slt i64 {counter.Text}.next, {end.Text}");
        bool usesVectors = LoopFacts.UsesVectors(loop.Body);
        _hasVectorLoops |= usesVectors;
        _hasScalarLoops |= !usesVectors;
        Line($"br i1 {counter.Text}.more, label %{id}.body, label %{id}.end{(usesVectors ? _module.FinalLoop() : "")}");
        Label($"{id}.end");
    }
}
