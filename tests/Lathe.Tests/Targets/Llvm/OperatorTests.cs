using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Targets.Llvm;

/// <summary>Every operation on every element type, in vectors of several widths and their remainders, against the managed target.</summary>
public sealed class OperatorTests
{
    private static readonly double[] FloatValues =
    [
        0, -0.0, 0.5, -0.5, 1, -1, 1.5, -1.5, 2.5, -2.5, 0.49999997, 3.7, -3.7, 100.25, 8388607.5, -8388608, 1e10, -1e10, 65504, 65519, 65520,
        6e-8, 1e-40, 1e-30, 3e38, -3e38, 1e300, double.PositiveInfinity, double.NegativeInfinity, double.NaN, double.MaxValue, 5e-324,
        127.5, 128, -128.5, -129, 255.5, 2147483647, 4294967296, 9.3e18, 1.9e19, 0.1, 1.0000001, 2049, 4097.000001,
    ];

    private static readonly long[] IntegerValues =
        [0, 1, -1, 2, -2, 3, 7, -7, 100, -100, 127, -128, 128, 255, 32767, -32768, 65535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    public static TheoryData<string, int> WidthsOfTargets()
    {
        var data = new TheoryData<string, int>();
        if (!LlvmLibrary.IsAvailable)
            data.Add("native", 1);
        else
        {
            foreach (var target in LlvmRunner.RunnableTargets)
                foreach (int lanes in target == LlvmTarget.Host ? new[] { 1, 2, 3, 8, 16, 17 } : [4])
                    data.Add(target == LlvmTarget.Host ? "native" : $"llvm -mcpu={target.Cpu} -opt-level=1", lanes);
        }
        return data;
    }

    [LlvmTheory]
    [MemberData(nameof(WidthsOfTargets))]
    public void Equal_the_managed_target(string target, int lanes)
    {
        var parsed = LlvmTarget.Parse(target);
        Parallel.ForEach(Kernels(lanes), kernel => Check(kernel, parsed));
    }

    /// <summary>For each element type, a kernel with every operation and one with every cast.</summary>
    internal static IEnumerable<Kernel> Kernels(int lanes) => DTypes.All.SelectMany(type => new[]
    {
        MapKernel($"{type.Name}_operations", type, lanes, Operations(type)),
        MapKernel($"{type.Name}_casts", type, lanes, DTypes.All.Select(to => (Func<Expr, Expr, Expr>)((a, _) => Lathe.Loops.Build.Cast(to, a)))),
    });

    private static void Check(Kernel kernel, LlvmTarget target)
    {
        var inputs = kernel.Inputs.Select((b, i) => Values(b, i)).ToList();
        var expected = kernel.Outputs.Select(b => Tensor.Zeros(b.Element, Shape.Of(b.Shape))).ToList();
        ManagedKernel.Compile(kernel).Run([.. inputs, .. expected]);
        var actual = LlvmRunner.Run(kernel, target, inputs);
        for (int k = 0; k < expected.Count; k++)
        {
            for (long i = 0; i < expected[k].Count; i++)
            {
                if (!Same(expected[k], actual[k], i))
                {
                    Assert.Fail($"{kernel.Name} output {k} at {i}: {expected[k].GetDouble(i):R} expected, {actual[k].GetDouble(i):R} found, "
                        + $"for {inputs[0].GetDouble(i):R} and {inputs[1].GetDouble(i):R}\n{kernel.Body}");
                }
            }
        }
    }

    private static bool Same(Tensor a, Tensor b, long i) => a.Type.IsFloat
        ? a.GetDouble(i).Equals(b.GetDouble(i)) && double.IsNegative(a.GetDouble(i)) == double.IsNegative(b.GetDouble(i)) || double.IsNaN(a.GetDouble(i)) && double.IsNaN(b.GetDouble(i))
        : a.GetInt64(i) == b.GetInt64(i);

    /// <summary>Pairs of interesting values: the first input counts through them quickly, the second slowly.</summary>
    private static Tensor Values(Buffer buffer, int input)
    {
        var tensor = Tensor.Zeros(buffer.Element, Shape.Of(buffer.Shape));
        int count = buffer.Element.IsFloat ? FloatValues.Length : IntegerValues.Length;
        for (int i = 0; i < tensor.Count; i++)
        {
            int at = input == 0 ? i % count : i / count % count;
            if (buffer.Element.IsFloat)
                tensor.SetDouble(i, FloatValues[at]);
            else
                tensor.SetInt64(i, IntegerValues[at]);
        }
        return tensor;
    }

    private static Kernel MapKernel(string name, DType type, int lanes, IEnumerable<Func<Expr, Expr, Expr>> operations)
    {
        int values = type.IsFloat ? FloatValues.Length : IntegerValues.Length;
        long n = values * values;
        long vectors = n / lanes;
        var (x, y) = (new Buffer("x", type, [n]), new Buffer("y", type, [n]));
        var outputs = new List<Buffer>();
        Stmt Loop(long begin, long end, int width)
        {
            var i = new Var(width == 1 ? "j" : "i");
            var at = Lathe.Loops.Build.Lane(i * width, width);
            var stores = operations.Select((operation, k) =>
            {
                var value = operation(x[at], y[at]);
                if (outputs.Count == k)
                    outputs.Add(new Buffer($"z{k}", value.Element, [n]));
                return outputs[k].Store([at], value);
            }).ToList();
            return new For(i, begin, end, LoopKind.Serial, Stmt.Sequence(stores));
        }
        var body = Stmt.Sequence(Loop(0, vectors, lanes), Loop(vectors * lanes, n, 1));
        return new Kernel(name, [x, y], [.. outputs], [], body);
    }

    private static IEnumerable<Func<Expr, Expr, Expr>> Operations(DType type)
    {
        if (type.IsHalf)
        {
            yield return (a, _) => a;
            yield break;
        }
        foreach (var op in Enum.GetValues<CompareOp>())
            yield return (a, b) => new Compare(op, a, b);
        yield return (a, b) => Lathe.Loops.Build.Select(new Compare(CompareOp.Less, a, b), a, b);
        foreach (var op in Enum.GetValues<UnaryOp>().Where(op => Exists(op, type)))
            yield return (a, _) => new Unary(op, a);
        foreach (var op in Enum.GetValues<BinaryOp>().Where(op => Exists(op, type)))
            yield return (a, b) => new Binary(op, a, op is BinaryOp.Shl or BinaryOp.Shr ? SmallAmount(b) : b);
        if (type.IsInteger)
        {
            foreach (long divisor in new long[] { 1, 3, 8, 100 })
            {
                foreach (var op in new[] { BinaryOp.Div, BinaryOp.Rem, BinaryOp.FloorDiv, BinaryOp.FloorMod })
                    yield return (a, _) => new Binary(op, a, Lathe.Loops.Build.ToLanes(new IntConst(divisor, type), a.Lanes));
            }
        }
        var bits = DTypes.All.Where(t => t.Size == type.Size && t != type && t != DType.Bool && type != DType.Bool);
        foreach (var to in bits)
            yield return (a, _) => new Bitcast(to, a);
    }

    private static Expr SmallAmount(Expr b) => b & Lathe.Loops.Build.ToLanes(new IntConst((8 * b.Element.Size) - 1, b.Element), b.Lanes);

    private static bool Exists(UnaryOp op, DType type) => op switch
    {
        UnaryOp.Not => !type.IsFloat,
        UnaryOp.Neg => type != DType.Bool,
        UnaryOp.Abs => type != DType.Bool,
        UnaryOp.Reciprocal => false,
        _ => type.IsFloat,
    };

    private static bool Exists(BinaryOp op, DType type) => op switch
    {
        BinaryOp.Min or BinaryOp.Max => true,
        BinaryOp.And or BinaryOp.Or or BinaryOp.Xor => !type.IsFloat,
        _ when type == DType.Bool => false,
        BinaryOp.FloorDiv or BinaryOp.FloorMod or BinaryOp.Shl or BinaryOp.Shr => type.IsInteger,
        _ => true,
    };
}
