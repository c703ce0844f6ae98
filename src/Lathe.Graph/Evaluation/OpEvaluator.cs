using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;

namespace Lathe.Graphs.Evaluation;

/// <summary>
/// Applies single ops to tensors. Types are inferred anew from the tensors, so that ops work in other precisions than their graph's.
/// Kernels that were worth compiling are kept.
/// </summary>
internal sealed class OpEvaluator(bool boundsChecked)
{
    /// <summary>Innermost iterations above which compiling pays.</summary>
    private const long CompileAbove = 20_000;

    private readonly Dictionary<(Op Op, EquatableArray<TensorType> Inputs), ManagedKernel> _kernels = [];

    public ImmutableArray<Tensor> Apply(Op op, ImmutableArray<Tensor> inputs)
    {
        EquatableArray<TensorType> types = [.. inputs.Select(t => new TensorType(t.Type, t.Shape))];
        switch (op)
        {
            case Constant constant:
                return [constant.Tensor];
            case Reshape or Identity:
                return [inputs[0].Reshape(op.Infer(types)[0].Shape)];
            case CompositeOp composite:
                return Expand(composite, types, inputs);
            case PrimitiveOp or LoopOp:
                return RunKernel(op, types, inputs);
            default:
                throw new InternalException("LATHE2094", $"the op {op.Name} has no meaning to evaluate");
        }
    }

    private ImmutableArray<Tensor> Expand(CompositeOp op, EquatableArray<TensorType> types, ImmutableArray<Tensor> inputs)
    {
        var builder = new GraphBuilder();
        var parameters = types.Select((type, i) => builder.Input($"{i}", type)).ToArray();
        op.Infer(types);
        var outputs = op.Expand(builder, parameters);
        var live = new Dictionary<Value, Tensor>();
        foreach (var (parameter, tensor) in parameters.Zip(inputs))
            live[parameter] = tensor;
        var nodes = Graph.TopologicalOrder(outputs);
        var lastUser = new Dictionary<Value, Node>();
        foreach (var node in nodes)
            foreach (var input in node.Inputs)
                lastUser[input] = node;
        foreach (var node in nodes.Where(n => n.Op is not Input))
        {
            var results = Apply(node.Op, [.. node.Inputs.Select(i => live[i])]);
            foreach (var (value, tensor) in node.Outputs.Zip(results))
                live[value] = tensor;
            foreach (var input in node.Inputs)
                if (lastUser[input] == node && !outputs.Contains(input))
                    live.Remove(input);
        }
        return [.. outputs.Select(o => live[o])];
    }

    private ImmutableArray<Tensor> RunKernel(Op op, EquatableArray<TensorType> types, ImmutableArray<Tensor> inputs)
    {
        var outputTypes = op.Infer(types);
        ImmutableArray<Tensor> outputs = [.. outputTypes.Select(t => Tensor.Zeros(t.Element, t.Shape))];
        if (outputs.All(t => t.Count == 0))
            return outputs;
        if (!_kernels.TryGetValue((op, types), out var kernel))
        {
            var loops = op is PrimitiveOp primitive
                ? NaiveKernel.Of(primitive, types, outputTypes[0])
                : NaiveKernel.Of((LoopOp)op, types, outputTypes);
            bool compile = Iterations(loops.Body) > CompileAbove;
            kernel = ManagedKernel.Compile(loops, interpret: !compile, boundsChecked);
            if (compile)
                _kernels.Add((op, types), kernel);
        }
        kernel.Run([.. inputs, .. outputs]);
        return outputs;
    }

    private static double Iterations(Stmt body) => body switch
    {
        For { Begin: IntConst begin, End: IntConst end } f => Math.Max(0, end.Value - begin.Value) * Iterations(f.Body),
        For f => Iterations(f.Body),
        Block b => b.Statements.Sum(Iterations),
        LetStmt l => Iterations(l.Body),
        If i => Iterations(i.Then) + (i.Else is { } otherwise ? Iterations(otherwise) : 0),
        Allocate a => Iterations(a.Body),
        _ => 1,
    };
}
