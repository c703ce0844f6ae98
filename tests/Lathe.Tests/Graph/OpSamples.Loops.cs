using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

/// <summary>Samples of loops, written as text.</summary>
internal static partial class OpSamples
{
    /// <summary>x doubles until its sum has passed a limit; the rounds are counted.</summary>
    private const string Doubling =
        """
        graph doubling(x: f32[2,3], rounds: i64[], limit: f32[]) {
          %0, %1 = While(x, rounds, limit) {
            Condition=graph condition(x: f32[2,3], rounds: i64[], limit: f32[]) {
              %0 = ReduceSum(x) {Axes=[0, 1], KeepDims=false} : f32[]
              %1 = Less(%0, limit) : bool[]
              return more = %1
            },
            Body=graph body(x: f32[2,3], rounds: i64[], limit: f32[]) {
              %0 = Add(x, x) : f32[2,3]
              %1 = Add(rounds, i64[]{1}) : i64[]
              return x = %0, rounds = %1
            }} : f32[2,3], i64[]
          return x = %0, rounds = %1
        }
        """;

    /// <summary>Two values change places, and a third begins anew; what goes on is carried itself.</summary>
    private const string Swapping =
        """
        graph swapping(a: i32[4], b: i32[4], c: i32[4], left: i32[1], more: bool[1]) {
          %0, %1, %2, %3, %4 = While(a, b, c, left, more) {
            Condition=graph condition(a: i32[4], b: i32[4], c: i32[4], left: i32[1], more: bool[1]) {
              return more = more
            },
            Body=graph body(a: i32[4], b: i32[4], c: i32[4], left: i32[1], more: bool[1]) {
              %0 = Sub(left, i32[]{1}) : i32[1]
              %1 = Greater(%0, i32[]{0}) : bool[1]
              return a = b, b = a, c = i32[4]{1, 2, 3, 4}, left = %0, more = %1
            }} : i32[4], i32[4], i32[4], i32[1], bool[1]
          return a = %0, b = %1, c = %2, left = %3, more = %4
        }
        """;

    /// <summary>The k-th sum of products takes k rounds inside: a loop in a loop, with a product of matrices by what stays.</summary>
    private const string Nested =
        """
        graph nested(x: f32[2,2], k: i32[], w: f32[2,2], rounds: i32[]) {
          %0, %1 = While(x, k, w, rounds) {
            Condition=graph condition(x: f32[2,2], k: i32[], w: f32[2,2], rounds: i32[]) {
              %0 = Less(k, rounds) : bool[]
              return more = %0
            },
            Body=graph body(x: f32[2,2], k: i32[], w: f32[2,2], rounds: i32[]) {
              %0, %1 = While(x, i32[]{0}, w, k) {
                Condition=graph condition(x: f32[2,2], i: i32[], w: f32[2,2], k: i32[]) {
                  %0 = LessEqual(i, k) : bool[]
                  return more = %0
                },
                Body=graph body(x: f32[2,2], i: i32[], w: f32[2,2], k: i32[]) {
                  %0 = MatMul(x, w) {TransposeA=false, TransposeB=false} : f32[2,2]
                  %1 = Tanh(%0) : f32[2,2]
                  %2 = Add(i, i32[]{1}) : i32[]
                  return x = %1, i = %2
                }} : f32[2,2], i32[]
              %2 = Add(%0, x) : f32[2,2]
              %3 = Add(k, i32[]{1}) : i32[]
              return x = %2, k = %3
            }} : f32[2,2], i32[]
          return x = %0, k = %1
        }
        """;

    private static void AddLoops() => Add<While>(r =>
    [
        new(Loop(Doubling), Of(r, DType.Float32, [2, 3], 0.5, 1), Tensor.Zeros(DType.Int64, Shape.Scalar), Scalar(100f)),
        new(Loop(Doubling), Of(r, DType.Float32, [2, 3], 0.5, 1), Tensor.Zeros(DType.Int64, Shape.Scalar), Scalar(0f)),
        new(Loop(Swapping), Of(r, DType.Int32, [4]), Of(r, DType.Int32, [4]), Of(r, DType.Int32, [4]), Tensor.Vector(3), Tensor.Vector(true)),
        new(Loop(Swapping), Of(r, DType.Int32, [4]), Of(r, DType.Int32, [4]), Of(r, DType.Int32, [4]), Tensor.Vector(3), Tensor.Vector(false)),
        new(Loop(Nested), Of(r, DType.Float32, [2, 2]), Scalar(0), Of(r, DType.Float32, [2, 2]), Scalar(3)),
    ]);

    private static While Loop(string text) => (While)GraphText.Parse(text).Outputs[0].Value.Op;

    private static Tensor Scalar<T>(T value) where T : unmanaged => Tensor.Of(Shape.Scalar, value);
}
