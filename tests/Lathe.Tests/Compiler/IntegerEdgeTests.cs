using Lathe.Compilation;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>
/// Operands for which processors trap or C says nothing: no run may end the process, and all targets give what the evaluator
/// gives. Divisors and shifts are inputs in one model and constants in another.
/// </summary>
public class IntegerEdgeTests
{
    public static TheoryData<DType> Integers => [.. DTypes.All.Where(t => t.IsInteger)];

    [Theory]
    [MemberData(nameof(Integers))]
    public void Managed_code_survives(DType type) => Survives(type, Compiled.Managed);

    [LlvmTheory]
    [MemberData(nameof(Integers))]
    public void Native_code_survives(DType type) => Survives(type, Compiled.Native);

    private static void Survives(DType type, Target target)
    {
        var (a, b) = Pairs(type);
        List<Op> ops = [new Div(), new Mod(Fmod: false), new Mod(Fmod: true), new Pow(), new BitwiseAnd()];
        if (type.IsUnsigned)
            ops.AddRange([new BitShift(true), new BitShift(false)]);
        else
            ops.AddRange([new Neg(), new Abs()]);

        var builder = new GraphBuilder();
        var (x, y) = (builder.Input("x", new(type, a.Shape)), builder.Input("y", new(type, b.Shape)));
        var outputs = new List<GraphOutput>();
        foreach (var op in ops)
        {
            bool unary = op is Neg or Abs;
            outputs.Add(new($"{op}", unary ? builder.Add(op, x) : builder.Add(op, x, y)));
            if (!unary)
                outputs.Add(new($"{op} of a constant", builder.Add(op, x, builder.Constant(b))));
        }
        foreach (long divisor in Edges(type))
        {
            var scalar = Tensor.Zeros(type, Shape.Scalar);
            scalar.SetInt64(0, divisor);
            outputs.Add(new($"div {divisor}", builder.Add(new Div(), x, builder.Constant(scalar))));
            outputs.Add(new($"mod {divisor}", builder.Add(new Mod(Fmod: false), x, builder.Constant(scalar))));
        }
        var graph = new Graph("edges", [x, y], outputs);
        var inputs = new Dictionary<string, Tensor> { ["x"] = a, ["y"] = b };

        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), Compiled.Run(graph, inputs, target), rtol: 0, atol: 0);
    }

    private static long[] Edges(DType type)
    {
        int bits = 8 * type.Size;
        long[] small = [0, 1, 2, 3, 7, bits - 1, bits, bits + 1];
        long high = type.IsSigned ? long.MaxValue >> (64 - bits) : (long)(ulong.MaxValue >> (64 - bits));
        long[] large = type.IsSigned ? [-1, -2, -7, high, -high - 1] : [high, high - 1];
        return [.. small.Concat(large).Distinct()];
    }

    /// <summary>Every number with every other.</summary>
    private static (Tensor A, Tensor B) Pairs(DType type)
    {
        var numbers = Edges(type);
        var (a, b) = (Tensor.Zeros(type, Shape.Of(numbers.Length, numbers.Length)), Tensor.Zeros(type, Shape.Of(numbers.Length, numbers.Length)));
        for (int i = 0; i < numbers.Length; i++)
        {
            for (int k = 0; k < numbers.Length; k++)
            {
                a.SetInt64((i * numbers.Length) + k, numbers[i]);
                b.SetInt64((i * numbers.Length) + k, numbers[k]);
            }
        }
        return (a, b);
    }
}
