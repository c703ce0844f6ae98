using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops;

public class SimplifierTests
{
    private static readonly Var I = new("i"), J = new("j"), K = new("k");
    private static readonly Buffer X = new("x", DType.Float32, [64]), N = new("n", DType.Int64, [64]), B = new("b", DType.UInt8, [64]);

    [Theory]
    [InlineData("(i * 8 + j) // 8", "i")]
    [InlineData("(i * 8 + j) % 8", "j")]
    [InlineData("(i * 24 + j) // 8", "i * 3")]
    [InlineData("(i * 8 + j + 16) // 8", "i + 2")]
    [InlineData("(i * 4 + 2) // 8", "i // 2")]
    [InlineData("(i * 4 + 2) % 8", "i % 2 * 4 + 2")]
    [InlineData("(i // 4) // 2", "i // 8")]
    [InlineData("i % 12 % 4", "i % 4")]
    [InlineData("i // 3 * 3 + i % 3", "i")]
    [InlineData("(i // 3 * 3 + i % 3) * 8 + j - 1", "i * 8 + j + -1")]
    [InlineData("(i // 4) // 3 * 3 + (i // 4) % 3", "i // 4")]
    [InlineData("max(min(i, 9), 0)", "i")]
    [InlineData("max(min(i - 1, 9), 0)", "max(i + -1, 0)")]
    [InlineData("min(j + 8, i)", "min(j + 8, i)")]
    [InlineData("min(j + 9, i)", "i")]
    [InlineData("j - i + i - j", "0")]
    [InlineData("j * 3 + i * 2 - j", "i * 2 + j * 2")]
    [InlineData("5 - i", "5 - i")]
    [InlineData("-i - j", "-i - j")]
    [InlineData("select(i < 10, j, 3)", "j")]
    [InlineData("select(!(i == j), j, 3)", "select(i != j, j, 3)")]
    [InlineData("i64(i < j | j <= 7)", "1")]
    [InlineData("(let a = 2 in (let b = a * i in b + b))", "(let b = i * 2 in b * 2)")]
    [InlineData("ramp(i * 16, 1, 16) // broadcast(16, 16)", "broadcast(i, 16)")]
    [InlineData("ramp(i * 16 + 32, 1, 16) % broadcast(64, 16)", "ramp(i * 16 + 32, 1, 16) % broadcast(64, 16)")]
    [InlineData("ramp(j * 64 + 48, 1, 16) % broadcast(64, 16)", "ramp(48, 1, 16)")]
    [InlineData("i64(i32(i))", "i")]
    [InlineData("i64(b[i]) // 256", "0")]
    [InlineData("n[i] // 1 - n[i]", "0")]
    [InlineData("x[j * 1 + 0] * 1f32 - 0f32", "x[j]")]
    [InlineData("x[j] + 0f32", "x[j] + 0f32")]
    [InlineData("0.5f32 * 4f32 * x[i - i]", "2f32 * x[0]")]
    [InlineData("sum(k in 0..8: x[(i * 8 + k) // 8])", "sum(k in 0..8: x[i])")]
    public void ExpressionsBecome(string text, string expected)
    {
        var expr = Simplifier.Run(LoopText.ParseExpr(text, [X, N, B], [I, J]), [(I, 0, 9), (J, 0, 7)]);
        Assert.Equal(expected, expr.ToString());
    }

    [Theory]
    [InlineData("i + 1 > i")]
    [InlineData("(i * 4 + j) // 4")]
    [InlineData("i % 4 % 3")]
    public void WhatMightWrapOrDifferStays(string text)
    {
        var expr = LoopText.ParseExpr(text, [], [I, J]);
        Assert.Equal(expr, Simplifier.Run(expr));
    }

    [Fact]
    public void KernelsLoseWhatTheirLoopsDecide()
    {
        var kernel = LoopText.ParseKernel("""
            kernel k(x: f32[8, 8]) -> (y: f32[64]) {
              for i in 0..8 {
                for o in 2..3 {
                  for j in 0..8 {
                    if i < 8 & 0 <= j {
                      y[i * 8 + j] = x[max(min((i * 8 + j) // 8, 7), 0), (i * 8 + j) % 8] * f32(o)
                    } else {
                      y[0] = 1f32
                    }
                  }
                  for j in 0..0 {
                    y[0] = 2f32
                  }
                }
                if i < 4 {
                  let never = i * 2 {
                    y[min(i, 3)] = 3f32
                  }
                } else {
                  if i < 3 {
                    y[0] = 4f32
                  }
                }
                if 3 <= i {
                  for e in i..i + 1 {
                    y[max(e, 3)] = 5f32
                  }
                }
                local t: f32[4] {
                }
              }
            }
            """);
        Assert.Equal(
            """
            kernel k(x: f32[8, 8]) -> (y: f32[64]) {
              for i in 0..8 {
                for j in 0..8 {
                  y[i * 8 + j] = x[i, j] * 2f32
                }
                if i < 4 {
                  y[i] = 3f32
                }
                if 3 <= i {
                  y[i] = 5f32
                }
              }
            }

            """,
            LoopText.Print(Simplifier.Run(kernel)));
    }

    [Fact]
    public void RandomExpressionsKeepTheirValues()
    {
        var random = new Random(11);
        for (int round = 0; round < 4000; round++)
        {
            // Small ranges decide much; the last one wraps in products.
            var ranges = new[] { I, J, K }.Select(v => (v, Low: (long)random.Next(-9, 9), Count: random.Next(1, 12))).ToArray();
            var expr = RandomExpr(random, random.Next(1, 6), ranges.Select(r => (Expr)r.v).ToArray());
            bool unknown = round % 5 == 0;
            var simplified = unknown ? Simplifier.Run(expr) : Simplifier.Run(expr, ranges.Select(r => (r.v, r.Low, r.Low + r.Count - 1)));
            for (int sample = 0; sample < 25; sample++)
            {
                var values = ranges.ToDictionary(r => r.v.Name, r => unknown && sample % 2 == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : r.Low + random.Next(r.Count));
                Assert.True(
                    Value(expr, values, 0) == Value(simplified, values, 0),
                    $"{expr} = {Value(expr, values, 0)} became {simplified} = {Value(simplified, values, 0)} at {string.Join(", ", values)}");
            }
        }
    }

    [Fact]
    public void ExpandedIntrinsicsKeepTheirValues()
    {
        Buffer x = new("x", DType.Float32, [200]), y = new("y", DType.Float32, [200]);
        foreach (var function in Enum.GetValues<Intrinsic>().Where(f => f.Arity == 1))
        {
            var kernel = ExpandIntrinsics.Run(new Kernel("k", [x], [y], [], For.Of("i", 200, LoopKind.Serial, i => y.Store([i], Build.Call(function, x[i])))));
            var input = Tensor.Zeros(DType.Float32, Shape.Of(200));
            for (int i = 0; i < 200; i++)
                input.SetDouble(i, i == 0 ? double.NaN : i == 1 ? -0.0 : i == 2 ? double.NegativeInfinity : (i - 100) / 7.0);
            var (before, after) = (Tensor.Zeros(DType.Float32, Shape.Of(200)), Tensor.Zeros(DType.Float32, Shape.Of(200)));
            ManagedKernel.Compile(kernel).Run([input, before]);
            ManagedKernel.Compile(Simplifier.Run(kernel)).Run([input, after]);
            Assert.Equal(before.Span<float>().ToArray(), after.Span<float>().ToArray());
        }
    }

    /// <summary>An i64 expression over the variables; conditions come inside selects.</summary>
    private static Expr RandomExpr(Random random, int depth, Expr[] variables)
    {
        Expr Next() => RandomExpr(random, depth - 1, variables);
        Expr Small() => new IntConst(random.Next(1, 9), DType.Int64);
        if (depth == 0)
            return random.Next(3) == 0 ? new IntConst(random.Next(-20, 20), DType.Int64) : variables[random.Next(variables.Length)];
        switch (random.Next(13))
        {
            case 0: return new Binary(BinaryOp.Add, Next(), Next());
            case 1: return new Binary(BinaryOp.Sub, Next(), Next());
            case 2: return new Binary(BinaryOp.Mul, Next(), random.Next(3) == 0 ? Next() : Small());
            case 3 or 4: return new Binary(BinaryOp.FloorDiv, Next(), Small());
            case 5 or 6: return new Binary(BinaryOp.FloorMod, Next(), Small());
            case 7: return new Binary(BinaryOp.Min, Next(), Next());
            case 8: return new Binary(BinaryOp.Max, Next(), Next());
            case 9:
                Expr condition = new Compare((CompareOp)random.Next(4), Next(), Next());
                condition = random.Next(3) == 0 ? new Unary(UnaryOp.Not, condition) : condition;
                condition = random.Next(3) == 0 ? new Binary(random.Next(2) == 0 ? BinaryOp.And : BinaryOp.Or, condition, new Compare((CompareOp)random.Next(4), Next(), Next())) : condition;
                return new Select(condition, Next(), Next());
            case 10:
                var value = Next();
                var bound = new Var($"v{depth}_{random.Next(1000)}");
                return new Let(bound, value, RandomExpr(random, depth - 1, [.. variables, bound]));
            case 11: return new Cast(DType.Int64, new Cast(random.Next(2) == 0 ? DType.Int8 : DType.UInt16, Next()));
            default: return new Unary(UnaryOp.Neg, Next());
        }
    }

    private static long Value(Expr expr, Dictionary<string, long> variables, int lane)
    {
        long V(Expr e) => Value(e, variables, lane);
        switch (expr)
        {
            case IntConst c: return c.Value;
            case Var v: return variables[v.Name];
            case Unary { Op: UnaryOp.Neg } u: return unchecked(-V(u.A));
            case Unary { Op: UnaryOp.Not } u: return 1 - V(u.A);
            case Binary b:
                var (x, y) = (V(b.A), V(b.B));
                return unchecked(b.Op switch
                {
                    BinaryOp.Add => x + y,
                    BinaryOp.Sub => x - y,
                    BinaryOp.Mul => x * y,
                    BinaryOp.FloorDiv => (x / y) - (x % y < 0 ? 1 : 0),
                    BinaryOp.FloorMod => (x % y) + (x % y < 0 ? y : 0),
                    BinaryOp.Min => Math.Min(x, y),
                    BinaryOp.Max => Math.Max(x, y),
                    BinaryOp.And => x & y,
                    BinaryOp.Or => x | y,
                    _ => throw new InvalidOperationException(b.Op.ToString()),
                });
            case Compare c:
                return (c.Op switch
                {
                    CompareOp.Equal => V(c.A) == V(c.B),
                    CompareOp.NotEqual => V(c.A) != V(c.B),
                    CompareOp.Less => V(c.A) < V(c.B),
                    _ => V(c.A) <= V(c.B),
                }) ? 1 : 0;
            case Select s: return V(s.Condition) != 0 ? V(s.Then) : V(s.Else);
            case Cast c: return Build.Wrap(V(c.A), c.To);
            case Let l: return Value(l.Body, new Dictionary<string, long>(variables) { [l.Name.Name] = V(l.Value) }, lane);
            default: throw new InvalidOperationException(expr.GetType().Name);
        }
    }
}
