using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Loops;

public class KernelVerifierTests
{
    private const string Head = "kernel k(x: f32[4, 8], h: f16[8]) -> (y: f32[4, 8], n: i64[2]) scratch (t: f32[9]) {";

    [Theory]
    [InlineData("y[0, 0] = x[1, 2]")]
    [InlineData("for i in 0..4 { y[i, 0] = t[i] } for i in 0..4 { t[i] = x[i, 0] }")]
    [InlineData("parallel i in 0..4 { local a: f32[8] { a[ramp(0, 1, 8)] = x[i, ramp(0, 1, 8)]  y[i, 0] = hsum(a[ramp(0, 1, 8)]) } }")]
    [InlineData("y[0, 0] = f32(h[3]) + (let a = x[0, 0] in a * a)")]
    [InlineData("let a = x[0, 0] { if a < 0f32 { y[0, 0] = exp(a) } }")]
    [InlineData("y[ramp(0, 1, 4), broadcast(3, 4)] = x[2, ramp(0, 2, 4)]")]
    [InlineData("n[0] = 1 << 3 // 2")]
    [InlineData("for i in 0..4 { prefetch x[i, 7]  prefetch y[i, 0] }")]
    [InlineData("local s: i32[8] { local w: i8[32] { local d: u8[32] { s[ramp(0, 1, 8)] = dot4(s[ramp(0, 1, 8)], d[ramp(0, 1, 32)], w[ramp(0, 1, 32)]) } } }")]
    [InlineData("local s: i32[8] { local w: i8[32] { s[ramp(0, 1, 8)] = dot4(s[ramp(0, 1, 8)], w[ramp(0, 1, 4)], w[ramp(0, 1, 32)]) } }")]
    [InlineData("local s: i32[8] { s[ramp(0, 1, 8)] = floorfma(y[0, ramp(0, 1, 8)], broadcast(0.5f32, 8), broadcast(1f32, 8)) }")]
    [InlineData("local s: i32[8] { local b: i8[32] { b[ramp(0, 1, 32)] = pack.i8(s[ramp(0, 1, 8)], s[ramp(0, 1, 8)], s[ramp(0, 1, 8)], s[ramp(0, 1, 8)]) } }")]
    public void AcceptsWhatIsRight(string body) => KernelVerifier.Verify(LoopText.ParseKernel($"{Head} {body} }}"));

    [Theory]
    [InlineData("let a = 3 { let a = 4 { n[0] = a } }", "LATHE4002")]
    [InlineData("let a: f32 = 3 { n[0] = 3 }", "LATHE4002")]
    [InlineData("n[0] = (let a: f32 = 3 in 4)", "LATHE4002")]
    [InlineData("for i in 0..4 { n[0] = (let i = 3 in i) }", "LATHE4002")]
    [InlineData("n[0] = 1 + 2i32", "LATHE4003")]
    [InlineData("n[0] = 2i32", "LATHE4003")]
    [InlineData("h[0] = h[0] + h[1]", "LATHE4003")]
    [InlineData("y[0, 0] = 1f32 // 2f32", "LATHE4003")]
    [InlineData("y[0, 0] = 1f32 & 2f32", "LATHE4003")]
    [InlineData("n[0] = sqrt(4)", "LATHE4003")]
    [InlineData("n[0] = exp(4)", "LATHE4003")]
    [InlineData("n[0] = select(3, 4, 5)", "LATHE4003")]
    [InlineData("n[0] = bits.i64(3i32)", "LATHE4003")]
    [InlineData("n[0] = i64(300u8)", "LATHE4003")]
    [InlineData("n[0] = i64(3f32 + -0.5f64)", "LATHE4003")]
    [InlineData("y[0, 0] = x[0]", "LATHE4004")]
    [InlineData("prefetch x[0]", "LATHE4004")]
    [InlineData("prefetch x[0, ramp(0, 1, 8)]", "LATHE4005")]
    [InlineData("y[0, 0] = x[0, 0i32]", "LATHE4004")]
    [InlineData("y[0] = 0f32", "LATHE4004")]
    [InlineData("y[0, ramp(0, 1, 4)] = 0f32", "LATHE4005")]
    [InlineData("y[0, ramp(0, 1, 4)] = x[ramp(0, 1, 4), ramp(0, 1, 8)]", "LATHE4005")]
    [InlineData("y[0, ramp(0, 1, 4)] = broadcast(1f32, 4) + 1f32", "LATHE4005")]
    [InlineData("y[0, 0] = broadcast(1f32, 1)", "LATHE4005")]
    [InlineData("y[0, 0] = hsum(1f32)", "LATHE4005")]
    [InlineData("x[0, 0] = 1f32", "LATHE4006")]
    [InlineData("parallel i in 0..4 { for j in 0..2 { parallel k in 0..4 { n[0] = k } } }", "LATHE4007")]
    [InlineData("let e = n[0] { unrolled i in 0..e { n[0] = 1 } }", "LATHE4007")]
    [InlineData("for i in 0..4i32 { n[0] = i }", "LATHE4007")]
    [InlineData("if 3 { n[0] = 1 }", "LATHE4007")]
    [InlineData("if broadcast(true, 4) { n[0] = 1 }", "LATHE4007")]
    [InlineData("local t: f32[4] { t[0] = 1f32 }", "LATHE4008")]
    [InlineData("local a: f32[200000] { local b: f32[100000] { } }", "LATHE4008")]
    [InlineData("local a: f32[4000000000] { }", "LATHE4008")]
    [InlineData("local s: i32[8] { local w: u8[32] { s[ramp(0, 1, 8)] = dot4(s[ramp(0, 1, 8)], w[ramp(0, 1, 32)], w[ramp(0, 1, 32)]) } }", "LATHE4003")]
    [InlineData("local s: i32[8] { local w: i8[32] { s[ramp(0, 1, 8)] = dot4(s[ramp(0, 1, 8)], w[ramp(0, 1, 8)], w[ramp(0, 1, 32)]) } }", "LATHE4005")]
    [InlineData("n[0] = i64(floorfma(h[0], h[0], h[0]))", "LATHE4003")]
    [InlineData("local b: u8[16] { b[ramp(0, 1, 16)] = pack.u8(y[0, ramp(0, 1, 4)], y[0, ramp(0, 1, 4)], y[0, ramp(0, 1, 4)], y[0, ramp(0, 1, 4)]) }", "LATHE4003")]
    [InlineData("local s: i32[8] { local b: u8[8] { b[ramp(0, 1, 8)] = pack.u8(s[ramp(0, 1, 2)], s[ramp(0, 1, 2)], s[ramp(0, 1, 2)], s[ramp(0, 1, 2)]) } }", "LATHE4005")]
    [InlineData("n[0] = sum(k in 0..3: k)", "LATHE4009")]
    public void RefusesWhatIsWrong(string body, string code)
    {
        var error = Assert.Throws<InternalException>(() => KernelVerifier.Verify(LoopText.ParseKernel($"{Head} {body} }}")));
        Assert.Equal(code, error.Code);
        Assert.Contains("in the kernel k, at ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesWhatTextCannotSay()
    {
        var x = new Buffer("x", DType.Float32, [4]);
        var local = new Buffer("a", DType.Float32, [4], BufferSpace.Local);
        Stmt store = new Store(local, [0], new FloatConst(1, DType.Float32));
        Refuses(new Kernel("k", [], [x, x], [], new Block([])), "LATHE4001");
        Refuses(new Kernel("k", [local], [], [], new Block([])), "LATHE4001");
        Refuses(new Kernel("k", [x with { Shape = [-1] }], [], [], new Block([])), "LATHE4001");
        Refuses(new Kernel("k", [x with { Shape = [long.MaxValue, 4] }], [], [], new Block([])), "LATHE4001");
        Refuses(new Kernel("k", [x], [], [], store), "LATHE4006");
        Refuses(new Kernel("k", [x], [], [], new Block([new Allocate(local, store), store])), "LATHE4006");
        Refuses(new Kernel("k", [], [x], [], new Store(x with { Shape = [5] }, [0], new FloatConst(1, DType.Float32))), "LATHE4006");
        Refuses(new Kernel("k", [], [x], [], new Store(x, [new Var("i")], new FloatConst(1, DType.Float32))), "LATHE4002");
    }

    private static void Refuses(Kernel kernel, string code) =>
        Assert.Equal(code, Assert.Throws<InternalException>(() => KernelVerifier.Verify(kernel)).Code);
}
