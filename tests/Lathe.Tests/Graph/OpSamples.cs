using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

/// <summary>An op with inputs that suit it.</summary>
public sealed record OpSample(Op Op, params Tensor[] Inputs)
{
    public EquatableArray<TensorType> InputTypes => [.. Inputs.Select(t => new TensorType(t.Type, t.Shape))];

    public override string ToString() => $"{Op} on {string.Join(", ", Inputs.Select(i => i.ToString()))}";
}

/// <summary>Samples of every op, drawn from a seeded generator.</summary>
internal static partial class OpSamples
{
    private static readonly Dictionary<Type, Func<Random, IEnumerable<OpSample>>> Generators = [];

    static OpSamples()
    {
        AddElementwise();
        AddReductions();
        AddMovement();
        AddImages();
        AddNormalizations();
        AddSampling();
        AddQuantization();
        AddIndexing();
        AddRecurrence();
        AddLoops();
    }

    public static IEnumerable<Type> Covered => Generators.Keys;

    public static IEnumerable<OpSample> For(Type op, int seed) => Generators[op](new Random(seed));

    private static void Add<T>(Func<Random, IEnumerable<OpSample>> samples) where T : Op => Generators.Add(typeof(T), samples);

    private static void Add<T>(Func<Random, OpSample> sample) where T : Op => Add<T>(r => Enumerable.Range(0, 3).Select(_ => sample(r)).ToArray());

    private static void AddElementwise()
    {
        Unary<Neg>(DType.Float32, DType.Int32, DType.Float16);
        Unary<Abs>(DType.Float32, DType.Int8, DType.UInt16, DType.BFloat16);
        Unary<Sign>(DType.Float32, DType.Int64, DType.UInt8);
        Unary<Relu>(DType.Float32, DType.Int32, DType.Float64);
        Unary<Identity>(DType.Float32, DType.Bool, DType.Int16);
        Unary<Not>(DType.Bool);
        Unary<BitwiseNot>(DType.Int32, DType.UInt8);
        UnaryFloat<Exp>();
        UnaryFloat<Log>(0.1, 4);
        UnaryFloat<Sqrt>(0, 4);
        UnaryFloat<Sin>();
        UnaryFloat<Cos>();
        UnaryFloat<Tan>(-1.4, 1.4);
        UnaryFloat<Asin>(-1, 1);
        UnaryFloat<Acos>(-1, 1);
        UnaryFloat<Atan>();
        UnaryFloat<Sinh>();
        UnaryFloat<Cosh>();
        UnaryFloat<Tanh>();
        UnaryFloat<Asinh>();
        UnaryFloat<Acosh>(1, 5);
        UnaryFloat<Atanh>(-0.9, 0.9);
        UnaryFloat<Erf>();
        UnaryFloat<Sigmoid>();
        UnaryFloat<Floor>();
        UnaryFloat<Ceil>();
        UnaryFloat<Round>();
        UnaryFloat<Reciprocal>(0.1, 4);
        UnaryFloat<IsNaN>();
        UnaryFloat<HardSwish>();
        UnaryFloat<Mish>();
        UnaryFloat<Softplus>();
        UnaryFloat<Softsign>();
        Add<IsInf>(r => [new(new IsInf(), Special), new(new IsInf(Positive: false), Special), new(new IsInf(Negative: false), Special)]);
        Add<LeakyRelu>(r => new OpSample(new LeakyRelu(0.1), Any(r)));
        Add<Elu>(r => new OpSample(new Elu(1.5), Any(r)));
        Add<Selu>(r => new OpSample(new Selu(1.6732632, 1.0507010), Any(r)));
        Add<Celu>(r => new OpSample(new Celu(2), Any(r)));
        Add<ThresholdedRelu>(r => new OpSample(new ThresholdedRelu(0.7), Any(r)));
        Add<HardSigmoid>(r => new OpSample(new HardSigmoid(0.2, 0.5), Any(r)));
        Add<Gelu>(r => [new(new Gelu(), Any(r)), new(new Gelu(Tanh: true), Any(r))]);
        Add<Swish>(r => [new(new Swish(), Any(r)), new(new Swish(1.702), Any(r))]);
        Add<Shrink>(r => new OpSample(new Shrink(0.3, 0.5), Any(r)));
        Add<Affine>(r => new OpSample(new Affine(0.5, -1), Any(r)));
        Add<ScaledTanh>(r => new OpSample(new ScaledTanh(1.7159, 0.6667), Any(r)));
        Add<Clip>(r =>
        [
            new(new Clip(-1, 1), Any(r)), new(new Clip(null, 0.5), Any(r)), new(new Clip(-300, 5), Any(r, DType.Int8)), new(new Clip(3, null), Any(r, DType.UInt64)),
        ]);
        Add<Lathe.Graphs.Ops.Cast>(r => DTypes.All.SelectMany(_ => DTypes.All, (from, to) => new OpSample(new Cast(to), Any(r, from))));
        Binary<Add>(DType.Float32, DType.Int64, DType.Float16);
        Binary<Sub>(DType.Float32, DType.UInt8);
        Binary<Mul>(DType.Float32, DType.Int32, DType.BFloat16);
        Binary<Div>(DType.Float32, DType.Int32, DType.UInt8);
        Binary<Min>(DType.Float32, DType.Int32, DType.UInt64);
        Binary<Max>(DType.Float32, DType.Int32, DType.Float16);
        Binary<PRelu>(DType.Float32, DType.Int32);
        Binary<And>(DType.Bool);
        Binary<Or>(DType.Bool);
        Binary<Xor>(DType.Bool);
        Binary<BitwiseAnd>(DType.Int32, DType.UInt8);
        Binary<BitwiseOr>(DType.Int32, DType.UInt16);
        Binary<BitwiseXor>(DType.Int64, DType.UInt8);
        Binary<Equal>(DType.Float32, DType.Int32, DType.Bool);
        Binary<NotEqual>(DType.Float32, DType.Int32, DType.Float16);
        Binary<Less>(DType.Float32, DType.UInt32, DType.BFloat16);
        Binary<LessEqual>(DType.Float32, DType.Int32);
        Binary<Greater>(DType.Float32, DType.Int32);
        Binary<GreaterEqual>(DType.Float32, DType.Int32);
        Add<BitShift>(r => [new(new BitShift(true), Of(r, DType.UInt8, [3, 4], 0, 12), Of(r, DType.UInt8, [4], 0, 12)), new(new BitShift(false), Any(r, DType.UInt32), Of(r, DType.UInt32, [1], 0, 40))]);
        Add<Mod>(r =>
        [
            new(new Mod(true), Pair(r, DType.Float32)), new(new Mod(false), Pair(r, DType.Float32)), new(new Mod(true), Pair(r, DType.Int32)),
            new(new Mod(false), Pair(r, DType.Int32)), new(new Mod(false), Pair(r, DType.UInt8)),
        ]);
        Add<Pow>(r =>
        [
            new(new Pow(), Of(r, DType.Float32, [3, 4], 0.1, 3), Of(r, DType.Float32, [4], -2, 2)),
            new(new Pow(), Of(r, DType.Int32, [3, 4], -5, 5), Of(r, DType.Int64, [4], -3, 6)),
            new(new Pow(), Of(r, DType.Int64, [3, 4], 0, 9), Of(r, DType.Float32, [4], 0, 3)),
            new(new Pow(), Of(r, DType.Float32, [3, 4], 0, 3), Of(r, DType.Int32, [4], 0, 3)),
        ]);
        Add<Where>(r => new OpSample(new Where(), Of(r, DType.Bool, [2, 1, 4]), Of(r, DType.Float32, [3, 1]), Of(r, DType.Float32, [])));
    }

    private static void Unary<T>(params DType[] types) where T : Op, new() =>
        Add<T>(r => types.Select(type => new OpSample(new T(), Any(r, type))).ToArray());

    private static void UnaryFloat<T>(double low = -4, double high = 4) where T : Op, new() =>
        Add<T>(r => [new(new T(), Of(r, DType.Float32, [3, 5], low, high)), new(new T(), Of(r, DType.Float64, [], low, high)), new(new T(), Of(r, DType.Float16, [0, 2]))]);

    private static void Binary<T>(params DType[] types) where T : Op, new() =>
        Add<T>(r => types.Select(type => new OpSample(new T(), Pair(r, type))).ToArray());
}
