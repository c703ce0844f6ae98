using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops;

public class LoopTextTests
{
    private static readonly Var I = new("i"), J = new("j"), Odd = new("a b`c\\d\ne"), Word = new("for"), X = new("x", new ExprType(DType.Float32));
    private static readonly Buffer Data = new("x", DType.Float32, [4, 8]), Scalar = new("conv/1:0", DType.UInt8, []);

    private const string Relu =
        """
        kernel relu(x: f32[4, 8]) -> (y: f32[4, 8]) scratch (t: f32[9]) {
          parallel i in 0..4 {
            for j in 0..8 {
              y[i, j] = max(0f32, x[i, j])
            }
          }
          local acc: f32[6, 64] {
            let a = x[1, 0] {
              unrolled r in 0..6 {
                acc[r, ramp(0, 1, 16)] = fma(broadcast(a, 16), x[r, ramp(0, 1, 16)], acc[r, ramp(0, 1, 16)])
              }
            }
          }
          if 3 < 4 & !(2 == 3) {
            t[0] = hsum(x[0, ramp(0, 1, 8)])
          } else {
          }
        }

        """;

    public static TheoryData<string> Kernels =>
    [
        Relu,
        """
        kernel part(x: f32[2, 3] strides [8, 1]) -> (y: f32[2, 3]) {
          for i in 0..2 {
            y[i, ramp(0, 1, 3)] = x[i, ramp(0, 1, 3)]
          }
        }

        """,
        """
        kernel `odd name`() -> (y: i64[]) {
          y[] = (let a = 3i32 in i64(a * a)) - sum(k in 0..4, c in 0..3: k * c + maxof(m in 0..2: m))
        }

        """,
    ];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void PrintsWhatItParsed(string text)
    {
        var kernel = LoopText.ParseKernel(text);
        Assert.Equal(text, LoopText.Print(kernel));
        Assert.Equal(kernel, LoopText.ParseKernel(kernel.ToString()));
    }

    [Fact]
    public void ConstantsOfEveryTypeComeBack()
    {
        foreach (var type in DTypes.All)
        {
            if (type.IsFloat)
            {
                double[] values = [0, -0.0, 1, -1.5, 0.1, 1e300, -1e-300, double.Epsilon, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN];
                foreach (double value in values)
                {
                    ComesBack(new FloatConst(value, type));
                    ComesBack(new Unary(UnaryOp.Neg, new FloatConst(value, type)));
                }
            }
            else
            {
                foreach (long value in (long[])[0, 1, -1, 7, 300, long.MaxValue, long.MinValue])
                {
                    ComesBack(new IntConst(value, type));
                    ComesBack(new Unary(UnaryOp.Neg, new IntConst(value, type)));
                }
            }
        }
        Assert.NotEqual(new FloatConst(0.0, DType.Float32), new FloatConst(-0.0, DType.Float32));
        Assert.True(double.IsNegative(((FloatConst)LoopText.ParseExpr("-0f32")).Value));
        Assert.Equal(new IntConst(-1, DType.UInt64), LoopText.ParseExpr("18446744073709551615u64"));
    }

    [Fact]
    public void RandomExpressionsComeBack()
    {
        var random = new Random(20250);
        for (int i = 0; i < 3000; i++)
            ComesBack(RandomExpr(random, random.Next(1, 6)));
    }

    [Fact]
    public void StatementsComeBackWithTheirBlocks()
    {
        Stmt store = new Store(Data, [I, 0], new FloatConst(1, DType.Float32));
        Stmt[] bodies =
        [
            store, new Prefetch(Data, [I, 0]), new Block([]), new Block([store]), new Block([store, store]), new Block([new Block([]), store, new Block([store, store])]),
            new If(Build.Bool(true), store), new If(Build.Bool(true), new Block([]), new Block([store])),
            new For(J, 1, new Binary(BinaryOp.Add, I, J), LoopKind.Unrolled, new Block([new Block([store])])),
            new For(new Var("n", new ExprType(DType.Int32)), 0, 1, LoopKind.Parallel, store),
            new LetStmt(new Var("q", new ExprType(DType.Float32, 4)), new Broadcast(X, 4), store),
            new LetStmt(new Var("q", new ExprType(DType.Float64, 4)), new Broadcast(X, 4), store),
            new Allocate(new Buffer("tile", DType.BFloat16, [0, 3], BufferSpace.Local), store),
        ];
        foreach (var body in bodies)
        {
            Assert.Equal(body, LoopText.ParseStmt(LoopText.Print(body), [Data, Scalar], [I, J, X]));
            var nested = new For(I, 0, 4, LoopKind.Serial, body);
            Assert.Equal(nested, LoopText.ParseStmt(LoopText.Print(nested), [Data, Scalar], [I, J, X]));
        }
    }

    [Theory]
    [InlineData("(i + j) * i", "(i + j) * i")]
    [InlineData("((i * j) + i)", "i * j + i")]
    [InlineData("i - (j - i)", "i - (j - i)")]
    [InlineData("i < j & j > i", "i < j & i < j")]
    [InlineData("- 3 + -(3) + --3", "-3 + -(3) + -(-3)")]
    [InlineData("# a comment\ni // 8 % 3 # another", "i // 8 % 3")]
    public void ParenthesesAreAsFewAsPrecedenceAllows(string text, string expected) =>
        Assert.Equal(expected, LoopText.ParseExpr(text, [Data], [I, J]).ToString());

    [Theory]
    [InlineData("i +", 1, 4, "LATHE4102")]
    [InlineData("i\n + zebra", 2, 4, "LATHE4103")]
    [InlineData("x[i, 0", 1, 7, "LATHE4102")]
    [InlineData("$", 1, 1, "LATHE4101")]
    [InlineData("`i", 1, 1, "LATHE4101")]
    [InlineData("0.5", 1, 1, "LATHE4104")]
    [InlineData("9223372036854775808", 1, 1, "LATHE4104")]
    [InlineData("3q7", 1, 1, "LATHE4104")]
    [InlineData("select(i, j)", 1, 1, "LATHE4106")]
    [InlineData("i < j < i", 1, 7, "LATHE4102")]
    [InlineData("i i", 1, 3, "LATHE4102")]
    [InlineData("for", 1, 1, "LATHE4102")]
    [InlineData("ramp(i, 1, 0)", 1, 12, "LATHE4104")]
    [InlineData("1e999f32", 1, 1, "LATHE4104")]
    public void ErrorsSayWhere(string text, int line, int column, string code)
    {
        var error = Assert.Throws<ModelException>(() => LoopText.ParseExpr(text, [Data], [I, J]));
        Assert.Equal(code, error.Code);
        Assert.Contains($"line {line}, column {column}:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f32[2, 3] strides [8]")]
    [InlineData("f32[2, 3] strides [8, 1, 1]")]
    [InlineData("f32[2, 3] strides [-8, 1]")]
    [InlineData("f32[9223372036854775807, 1]")]
    [InlineData("f32[4611686018427387904] strides [4611686018427387904]")]
    public void BuffersThatCannotBeAreRefused(string type) =>
        Assert.StartsWith("LATHE410", Assert.Throws<ModelException>(() => LoopText.ParseKernel($"kernel k(x: {type}) -> (y: f32[1]) {{ }}")).Code, StringComparison.Ordinal);

    [Theory]
    [InlineData("(", "")]
    [InlineData("-", "i")]
    [InlineData("!", "i")]
    [InlineData("i + ", "i")]
    [InlineData("i + (", "")]
    [InlineData("exp(", "")]
    [InlineData("x[", "")]
    [InlineData("(let a = ", "")]
    [InlineData("(let a = i in ", "")]
    [InlineData("sum(k in 0..3: ", "")]
    [InlineData("ramp(", "")]
    public void DeepNestingIsRefused(string opening, string end)
    {
        string text = string.Concat(Enumerable.Repeat(opening, 200_000)) + end;
        var error = Assert.Throws<ModelException>(() => LoopText.ParseExpr(text, [Data], [I, J]));
        Assert.Equal("LATHE4105", error.Code);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("for i in 0..3 {")]
    [InlineData("if true {")]
    [InlineData("let a = 3 {")]
    [InlineData("local a: f32[3] {")]
    public void DeepStatementsAreRefused(string opening)
    {
        string text = string.Concat(Enumerable.Repeat(opening, 100_000));
        Assert.Equal("LATHE4105", Assert.Throws<ModelException>(() => LoopText.ParseStmt(text)).Code);
    }

    [Fact]
    public void DamagedTextIsAnErrorAndNeverACrash()
    {
        string text = Relu;
        var random = new Random(7);
        const string Characters = "(){}[]<>=+-*/%!&|^.,:`\\ \n0e9xfi#~\0";
        for (int i = 0; i < 5000; i++)
        {
            char[] damaged = text.ToCharArray();
            for (int k = random.Next(1, 4); k > 0; k--)
                damaged[random.Next(damaged.Length)] = Characters[random.Next(Characters.Length)];
            string mutant = new string(damaged)[..random.Next(damaged.Length)];
            try
            {
                LoopText.ParseKernel(random.Next(2) == 0 ? mutant : new string(damaged));
            }
            catch (ModelException error)
            {
                Assert.StartsWith("LATHE41", error.Code, StringComparison.Ordinal);
            }
        }
    }

    private static void ComesBack(Expr expr) =>
        Assert.Equal(expr, LoopText.ParseExpr(expr.ToString(), [Data, Scalar], [I, J, Odd, Word, X]));

    private static Expr RandomExpr(Random random, int depth)
    {
        Expr Next() => RandomExpr(random, depth - 1);
        T Any<T>() where T : struct, Enum => Enum.GetValues<T>()[random.Next(Enum.GetValues<T>().Length)];
        if (depth == 0)
        {
            return random.Next(6) switch
            {
                0 => new IntConst(random.Next(-5, 5), Any<DType>() is { IsFloat: false } type ? type : DType.Int64),
                1 => new FloatConst(random.NextDouble() - 0.5, DType.Float32),
                2 => Odd,
                3 => Word,
                4 => new Load(Scalar, []),
                _ => I,
            };
        }
        switch (random.Next(15))
        {
            case 0: return new Unary(Any<UnaryOp>(), Next());
            case 1: return new Compare(Any<CompareOp>(), Next(), Next());
            case 2: return new Select(Next(), Next(), Next());
            case 3: return new Cast(Any<DType>(), Next());
            case 4: return new Bitcast(Any<DType>(), Next());
            case 5: return new Load(Data, [Next(), Next()]);
            case 6: return new Ramp(Next(), Next(), random.Next(1, 20));
            case 7: return new Broadcast(Next(), random.Next(1, 20));
            case 8: return new Horizontal(Any<ReduceOp>(), Next());
            case 9:
                var function = Any<Intrinsic>();
                return new Call(function, Enumerable.Range(0, function.Arity).Select(_ => Next()).ToEquatableArray());
            case 10:
                var value = Next();
                return new Let(new Var("w", random.Next(2) == 0 ? value.Type : new ExprType(DType.Float16, 8)), value, J + Next());
            case 11:
                return new Reduce(Any<ReduceOp>(), [new ReduceAxis(new Var("k"), 4), new ReduceAxis(new Var("m", new ExprType(DType.Int32)), -1)], Next());
            case 12: return new Shuffle(Next(), Next(), Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(32)).ToEquatableArray());
            default: return new Binary(Any<BinaryOp>(), Next(), Next());
        }
    }
}
