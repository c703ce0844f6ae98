using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// For each row of scores, up to <paramref name="Count"/> boxes, the highest score first, of which none overlaps one before it too much: intersection over union
/// of <paramref name="Overlap"/> or more. Only scores over <paramref name="Least"/> count; with <paramref name="KeepsLimits"/> a score at that limit counts too,
/// and an overlap at its limit is none. With <paramref name="Sigma"/> over 0 overlaps also lower scores, by exp(-overlap^2 / (2 sigma)) (Bodla et al., 2017).
/// Inputs: boxes [N, 4] of two corners (y, x, y, x), scores [R, N]. Outputs: i32 indices [R, Count] and scores [R, Count], both 0 behind the last, and i32 numbers of them [R].
/// </summary>
public sealed record NonMaxSuppression(long Count, double Overlap, double Least, bool KeepsLimits, double Sigma = 0) : LoopOp
{
    /// <summary>A row's scores lie in the kernel's frame while boxes are chosen.</summary>
    private const long MaxBoxes = 1 << 16;

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (boxes, scores) = (inputs[0], inputs[1]);
        ElementTypes.Float(this, boxes.Element);
        if (boxes.Element != scores.Element || boxes.Rank != 2 || scores.Rank != 2 || boxes.Shape[1] != 4 || boxes.Shape[0] != scores.Shape[1] || Count is < 0 or > int.MaxValue)
            throw new ModelException("LATHE3245", $"{Count} boxes cannot be chosen of {boxes} with scores {scores}");
        if (boxes.Shape[0].IsKnown && boxes.Shape[0].Value > MaxBoxes)
            throw new UnsupportedException("LATHE3246", $"choosing from more than {MaxBoxes} boxes is not supported");
        return [new(DType.Int32, [scores.Shape[0], Count]), scores.WithShape([scores.Shape[0], Count]), new(DType.Int32, [scores.Shape[0]])];
    }

    public override Stmt Write(IReadOnlyList<Buffer> inputs, IReadOnlyList<Buffer> outputs)
    {
        var (boxes, scores) = (inputs[0], inputs[1]);
        var (indices, values, counts) = (outputs[0], outputs[1], outputs[2]);
        long n = boxes.Shape[0];
        var type = LoopNest.Wide(boxes.Element);
        var left = new Buffer("left", type, [Math.Max(1, n)], BufferSpace.Local);
        var best = new Buffer("best", DType.Int64, [1], BufferSpace.Local);
        var gone = Build.Lowest(type);
        Expr[] only = [0];
        Expr Best() => Build.Clamp(best[only], n);
        Expr Counts(Expr score) => KeepsLimits ? score >= Build.Const(Least, type) : score > Build.Const(Least, type);

        Stmt Choose(Expr row, Var place) => Stmt.Sequence(
            best.Store(only, -1),
            For.Of("candidate", n, LoopKind.Serial, i => new If(
                (left[i] > gone) & ((best[only] < 0) | (left[i] > left[Best()])), best.Store(only, i))),
            new If(best[only] >= 0, Stmt.Sequence(
                indices.Store([row, place], Build.Cast(DType.Int32, best[only])),
                values.Store([row, place], Build.Cast(values.Element, left[Best()])),
                counts.Store([row], counts[row] + Build.Int(1, DType.Int32)),
                left.Store([Best()], gone),
                For.Of("other", n, LoopKind.Serial, i => new If(left[i] > gone, Suppress(i))))));

        Stmt Suppress(Var i)
        {
            var overlap = new Var("overlap", new ExprType(type));
            var limit = Build.Const(Overlap, type);
            var isTooMuch = KeepsLimits ? overlap > limit : overlap >= limit;
            Expr lowered = left[i];
            if (Sigma > 0)
            {
                lowered *= Build.Call(Intrinsic.Exp, Build.Const(-0.5 / Sigma, type) * overlap * overlap);
                lowered = Build.Select(Counts(lowered), lowered, gone);
            }
            return new LetStmt(overlap, Shared(boxes, Best(), i, type), left.Store([i], Build.Select(isTooMuch, gone, lowered)));
        }

        return LoopNest.Over([scores.Shape[0]], "row", row => new Allocate(left, new Allocate(best, Stmt.Sequence(
            counts.Store(row, Build.Int(0, DType.Int32)),
            LoopNest.Over([Count], "empty", place => Stmt.Sequence(
                indices.Store([.. row, .. place], Build.Int(0, DType.Int32)), values.Store([.. row, .. place], Build.Const(0, values.Element)))),
            For.Of("box", n, LoopKind.Serial, i =>
            {
                var score = LoopNest.Wide(scores[row[0], i]);
                return left.Store([i], Build.Select(Counts(score), score, gone));
            }),
            For.Of("place", Count, LoopKind.Serial, place => Choose(row[0], place))))));
    }

    /// <summary>Intersection over union; 0 for boxes without area.</summary>
    private static Expr Shared(Buffer boxes, Expr a, Expr b, DType type)
    {
        Expr Corner(Expr box, int axis, bool far)
        {
            var (one, other) = (LoopNest.Wide(boxes[box, axis]), LoopNest.Wide(boxes[box, axis + 2]));
            return far ? Build.Max(one, other) : Build.Min(one, other);
        }

        var zero = Build.Const(0, type);
        Expr Length(Expr box, int axis) => Corner(box, axis, far: true) - Corner(box, axis, far: false);
        Expr Area(Expr box) => Length(box, 0) * Length(box, 1);
        Expr Common(int axis) => Build.Max(
            Build.Min(Corner(a, axis, far: true), Corner(b, axis, far: true)) - Build.Max(Corner(a, axis, far: false), Corner(b, axis, far: false)), zero);
        var common = Common(0) * Common(1);
        return Build.Select((Area(a) <= zero) | (Area(b) <= zero), zero, common / (Area(a) + Area(b) - common));
    }

    public override long Flops(Node node) => checked(10 * Count * node.Inputs[1].Shape.ElementCount);
}
