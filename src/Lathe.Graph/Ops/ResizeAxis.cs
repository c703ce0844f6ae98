namespace Lathe.Graphs.Ops;

/// <summary>
/// How one axis is resized: for each output element the input elements that make it, and their weights. The formulas are those of ONNX's Resize; cubic
/// weights are Keys' (1981) with free parameter a.
/// </summary>
internal sealed class ResizeAxis
{
    private readonly Resize _op;
    private readonly int _axis;
    private readonly long _input;
    private readonly long _output;
    private readonly double _scale;

    public ResizeAxis(Resize op, int axis, long input)
    {
        (_op, _axis, _input, _output, _scale) = (op, axis, input, op.Sizes[axis], op.Scales[axis]);
        (FirstTap, Taps) = (op.Mode, Stretch) switch
        {
            (ResizeMode.Nearest, _) => (0, 1),
            (ResizeMode.Linear, var s) => Footprint(1 / s, input),
            (_, var s) => Footprint(2 / s, input),
        };
    }

    /// <summary>How many input elements meet in one of the output.</summary>
    public int Taps { get; }

    private int FirstTap { get; }

    /// <summary>How much the filter is widened when the image shrinks: 1 unless antialiasing.</summary>
    private double Stretch => _op.Antialias ? Math.Min(_scale, 1) : 1;

    /// <summary>Whether the output element lies outside of the input, where the extrapolation value stands.</summary>
    public bool IsOutside(long output) =>
        _op.Coordinates == CoordinateMode.TfCropAndResize && Original(output) is var x && (x < 0 || x > _input - 1);

    /// <summary>The input elements of an output element, kept within the input, and their weights.</summary>
    public (long[] Elements, double[] Weights) At(long output)
    {
        double x = Original(output);
        if (_op.Mode == ResizeMode.Nearest)
            return ([Keep(Nearest(x))], [1]);
        double floor = Math.Floor(x);
        var elements = new long[Taps];
        var weights = new double[Taps];
        for (int i = 0; i < Taps; i++)
        {
            double element = floor + FirstTap + i;
            elements[i] = Keep(element);
            double distance = Math.Abs((element - x) * Stretch);
            weights[i] = _op.Mode == ResizeMode.Linear ? Math.Max(0, 1 - distance) : Cubic(distance);
            if (_op.ExcludeOutside && (element < 0 || element > _input - 1))
                weights[i] = 0;
        }
        double sum = weights.Sum();
        if ((_op.ExcludeOutside || _op.Antialias) && sum != 0)
            weights = [.. weights.Select(v => v / sum)];
        return (elements, weights);
    }

    private static (int First, int Count) Footprint(double radius, long input)
    {
        int first = (int)Math.Floor(-Math.Min(radius, Math.Min(input, Resize.MaxExtent) + 2)) + 1;
        return (first, 2 - (2 * first));
    }

    private long Keep(double element) => (long)Math.Clamp(element, 0, _input - 1);

    private double Nearest(double x) => _op.Nearest switch
    {
        NearestMode.RoundPreferFloor => Math.Ceiling(x - 0.5),
        NearestMode.RoundPreferCeil => Math.Floor(x + 0.5),
        NearestMode.Floor => Math.Floor(x),
        _ => Math.Ceiling(x),
    };

    private double Cubic(double distance) => distance switch
    {
        <= 1 => (((((_op.CubicA + 2) * distance) - (_op.CubicA + 3)) * distance) * distance) + 1,
        < 2 => (((((_op.CubicA * distance) - (5 * _op.CubicA)) * distance) + (8 * _op.CubicA)) * distance) - (4 * _op.CubicA),
        _ => 0,
    };

    private double Original(long output)
    {
        // The length before rounding to whole elements, which ONNX's formulas use.
        double length = _scale * _input;
        switch (_op.Coordinates)
        {
            case CoordinateMode.Asymmetric:
                return output / _scale;
            case CoordinateMode.TfHalfPixel:
                return (output + 0.5) / _scale;
            case CoordinateMode.AlignCorners:
                return length == 1 ? 0 : output * (_input - 1) / (length - 1);
            case CoordinateMode.PytorchHalfPixel:
                return length == 1 ? 0 : ((output + 0.5) / _scale) - 0.5;
            case CoordinateMode.HalfPixelSymmetric:
                double adjustment = _output / length;
                return (_input / 2.0 * (1 - adjustment)) + ((output + 0.5) / _scale) - 0.5;
            case CoordinateMode.TfCropAndResize:
                var (start, end) = (_op.Roi[_axis], _op.Roi[_axis + _op.Sizes.Count]);
                return length == 1
                    ? (end + start) * (_input - 1) / 2
                    : (start * (_input - 1)) + (output * (end - start) * (_input - 1) / (length - 1));
            default:
                return ((output + 0.5) / _scale) - 0.5;
        }
    }
}
