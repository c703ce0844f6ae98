using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    private const string RemainderName = "lathe.remainder";

    /// <summary>
    /// C's fmod of float64 by binary long division, which is exact: both significands as integers, the dividend's shifted and
    /// reduced once for every step that the exponents differ.
    /// </summary>
    private const string RemainderDefinition = """
        define internal double @lathe.remainder(double %x, double %y) #0 {
        entry:
          %xb = bitcast double %x to i64
          %yb = bitcast double %y to i64
          %xa = and i64 %xb, 9223372036854775807
          %ya = and i64 %yb, 9223372036854775807
          %sign = xor i64 %xb, %xa
          %zero = icmp eq i64 %ya, 0
          %ynan = icmp ugt i64 %ya, 9218868437227405312
          %xinf = icmp uge i64 %xa, 9218868437227405312
          %bad0 = or i1 %zero, %ynan
          %bad = or i1 %bad0, %xinf
          br i1 %bad, label %invalid, label %valid
        invalid:
          %m = fmul double %x, %y
          %n = fdiv double %m, %m
          ret double %n
        valid:
          %less = icmp ult i64 %xa, %ya
          br i1 %less, label %same, label %prepare
        same:
          ret double %x
        prepare:
          %xe0 = lshr i64 %xa, 52
          %ye0 = lshr i64 %ya, 52
          %xf = and i64 %xa, 4503599627370495
          %yf = and i64 %ya, 4503599627370495
          %xsub = icmp eq i64 %xe0, 0
          %ysub = icmp eq i64 %ye0, 0
          %xh = or i64 %xf, 4503599627370496
          %yh = or i64 %yf, 4503599627370496
          %xm = select i1 %xsub, i64 %xf, i64 %xh
          %ym = select i1 %ysub, i64 %yf, i64 %yh
          %xe = select i1 %xsub, i64 1, i64 %xe0
          %ye = select i1 %ysub, i64 1, i64 %ye0
          %r0 = urem i64 %xm, %ym
          br label %divide
        divide:
          %e = phi i64 [ %xe, %prepare ], [ %e1, %step ]
          %r = phi i64 [ %r0, %prepare ], [ %r2, %step ]
          %more = icmp sgt i64 %e, %ye
          br i1 %more, label %step, label %finish
        step:
          %e1 = sub i64 %e, 1
          %r1 = shl i64 %r, 1
          %over = icmp uge i64 %r1, %ym
          %rs = sub i64 %r1, %ym
          %r2 = select i1 %over, i64 %rs, i64 %r1
          br label %divide
        finish:
          %none = icmp eq i64 %r, 0
          br i1 %none, label %exact, label %normalize
        exact:
          %z = bitcast i64 %sign to double
          ret double %z
        normalize:
          %lead = call i64 @llvm.ctlz.i64(i64 %r, i1 true)
          %want = sub i64 %lead, 11
          %room = sub i64 %ye, 1
          %by = call i64 @llvm.umin.i64(i64 %want, i64 %room)
          %rn = shl i64 %r, %by
          %en = sub i64 %ye, %by
          %ef0 = sub i64 %en, 1
          %ef = shl i64 %ef0, 52
          %joined = add i64 %ef, %rn
          %signed = or i64 %joined, %sign
          %result = bitcast i64 %signed to double
          ret double %result
        }

        """;

    private IrValue Round(UnaryOp op, IrValue a)
    {
        if (Facts.HasRounding)
        {
            return Intrinsic(
                op switch
                {
                    UnaryOp.Floor => "floor",
                    UnaryOp.Ceil => "ceil",
                    UnaryOp.Trunc => "trunc",
                    _ => "roundeven",
                }, a);
        }
        // From 2^(significand bits) on, every float is an integer. Below, integers hold it.
        var flag = a.Type.WithElement(DType.Bool);
        var limit = Constant(Math.ScaleB(1, a.Element == DType.Float32 ? 23 : 52), a.Type);
        var magnitude = Intrinsic("fabs", a);
        var isSmall = Op(flag, $"fcmp olt {magnitude.Typed}, {limit.Text}");
        if (op == UnaryOp.RoundEven)
        {
            var rounded = Op2("fsub", Op2("fadd", magnitude, limit), limit);
            return Choose(isSmall, Intrinsic("copysign", rounded, a), a);
        }
        var whole = a.Type.WithElement(a.Element == DType.Float32 ? DType.Int32 : DType.Int64);
        var safe = Choose(isSmall, a, Constant(0, a.Type));
        var integer = Op(whole, $"fptosi {safe.Typed} to {IrType.Of(whole)}");
        var result = Intrinsic("copysign", Op(a.Type, $"sitofp {integer.Typed} to {IrType.Of(a.Type)}"), a);
        var one = Constant(1, a.Type);
        if (op == UnaryOp.Floor)
            result = Choose(Op(flag, $"fcmp ogt {result.Typed}, {a.Text}"), Op2("fsub", result, one), result);
        if (op == UnaryOp.Ceil)
        {
            var above = Intrinsic("copysign", Op2("fadd", result, one), a);
            result = Choose(Op(flag, $"fcmp olt {result.Typed}, {a.Text}"), above, result);
        }
        return Choose(isSmall, result, a);
    }

    /// <summary>C's fmod, a lane at a time; frem would become a call of libm.</summary>
    private IrValue Remainder(IrValue a, IrValue b)
    {
        _module.AddHelper(RemainderName, RemainderDefinition);
        _module.Declare("llvm.ctlz.i64", "i64", "i64", "i1");
        _module.Declare("llvm.umin.i64", "i64", "i64", "i64");
        var lanes = new IrValue[a.Lanes];
        for (int i = 0; i < lanes.Length; i++)
        {
            var x = Convert(Extract(a, i), DType.Float64);
            var y = Convert(Extract(b, i), DType.Float64);
            lanes[i] = Convert(Op(x.Type, $"call double @{RemainderName}({x.Typed}, {y.Typed})"), a.Element);
        }
        return Build(lanes);
    }
}
