using System.Collections;
using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Gives the values of a node's outputs; the last ones may be missing.</summary>
internal delegate IReadOnlyList<Value?> ImportOp(NodeContext node);

/// <summary>Which function imports which op. A node of an op that is not here is reported as unsupported.</summary>
internal sealed class OpTable : IEnumerable
{
    private static readonly OpTable Standard = new()
    {
        { "Abs", Elementwise.Unary<Abs> },
        { "Acos", Elementwise.Unary<Acos> },
        { "Acosh", Elementwise.Unary<Acosh> },
        { "Add", Elementwise.Binary<Add> },
        { "And", Elementwise.Binary<And> },
        { "ArgMax", Reductions.ArgMax },
        { "ArgMin", Reductions.ArgMin },
        { "Asin", Elementwise.Unary<Asin> },
        { "Asinh", Elementwise.Unary<Asinh> },
        { "Atan", Elementwise.Unary<Atan> },
        { "Atanh", Elementwise.Unary<Atanh> },
        { "AveragePool", Pools.AveragePool },
        { "BatchNormalization", Normalization.BatchNormalization },
        { "BitShift", Elementwise.BitShift },
        { "BitwiseAnd", Elementwise.Binary<BitwiseAnd> },
        { "BitwiseNot", Elementwise.Unary<BitwiseNot> },
        { "BitwiseOr", Elementwise.Binary<BitwiseOr> },
        { "BitwiseXor", Elementwise.Binary<BitwiseXor> },
        { "BlackmanWindow", Constants.BlackmanWindow },
        { "Cast", Elementwise.Cast },
        { "CastLike", Elementwise.CastLike },
        { "Ceil", Elementwise.Unary<Ceil> },
        { "Celu", Activations.Celu },
        { "Clip", Elementwise.Clip },
        { "Compress", Slices.Compress },
        { "Concat", Movement.Concat },
        { "Constant", Constants.Constant },
        { "ConstantOfShape", Constants.ConstantOfShape },
        { "Conv", Convolutions.Conv },
        { "Cos", Elementwise.Unary<Cos> },
        { "Cosh", Elementwise.Unary<Cosh> },
        { "DepthToSpace", Movement.DepthToSpace },
        { "Div", Elementwise.Binary<Div> },
        { "Dropout", Activations.Dropout },
        { "Elu", Activations.Elu },
        { "Equal", Elementwise.Binary<Equal> },
        { "Erf", Elementwise.Unary<Erf> },
        { "Exp", Elementwise.Unary<Exp> },
        { "Expand", Movement.Expand },
        { "EyeLike", Constants.EyeLike },
        { "Flatten", Movement.Flatten },
        { "Floor", Elementwise.Unary<Floor> },
        { "Gather", Slices.Gather },
        { "GatherElements", Slices.GatherElements },
        { "Gelu", Activations.Gelu },
        { "Gemm", Products.Gemm },
        { "GlobalAveragePool", Pools.GlobalAveragePool },
        { "GlobalLpPool", Pools.GlobalLpPool },
        { "GlobalMaxPool", Pools.GlobalMaxPool },
        { "Greater", Elementwise.Binary<Greater> },
        { "GreaterOrEqual", Elementwise.Binary<GreaterEqual> },
        { "GroupNormalization", Normalization.GroupNormalization },
        { "HammingWindow", Constants.HammingWindow },
        { "HannWindow", Constants.HannWindow },
        { "HardSigmoid", Activations.HardSigmoid },
        { "HardSwish", Elementwise.Unary<HardSwish> },
        { "Hardmax", Normalization.Hardmax },
        { "Identity", Movement.Identity },
        { "If", ControlFlow.If },
        { "InstanceNormalization", Normalization.InstanceNormalization },
        { "IsInf", Elementwise.IsInf },
        { "IsNaN", Elementwise.Unary<IsNaN> },
        { "LRN", Normalization.Lrn },
        { "LayerNormalization", Normalization.LayerNormalization },
        { "LeakyRelu", Activations.LeakyRelu },
        { "Less", Elementwise.Binary<Less> },
        { "LessOrEqual", Elementwise.Binary<LessEqual> },
        { "Log", Elementwise.Unary<Log> },
        { "LogSoftmax", Normalization.LogSoftmax },
        { "LpNormalization", Normalization.LpNormalization },
        { "LpPool", Pools.LpPool },
        { "MatMul", Products.MatMul },
        { "Max", Elementwise.Variadic<Max> },
        { "MaxPool", Pools.MaxPool },
        { "Mean", Elementwise.Mean },
        { "MeanVarianceNormalization", Normalization.MeanVarianceNormalization },
        { "Min", Elementwise.Variadic<Min> },
        { "Mish", Elementwise.Unary<Mish> },
        { "Mod", Elementwise.Mod },
        { "Mul", Elementwise.Binary<Mul> },
        { "Neg", Elementwise.Unary<Neg> },
        { "NegativeLogLikelihoodLoss", Losses.NegativeLogLikelihood },
        { "NonZero", Constants.NonZero },
        { "Not", Elementwise.Unary<Not> },
        { "OneHot", Choices.OneHot },
        { "Or", Elementwise.Binary<Or> },
        { "PRelu", Activations.PRelu },
        { "Pad", Movement.Pad },
        { "Pow", Elementwise.Binary<Pow> },
        { "RMSNormalization", Normalization.RmsNormalization },
        { "Range", Constants.Range },
        { "Reciprocal", Elementwise.Unary<Reciprocal> },
        { "ReduceL1", Reductions.Of((axes, keep) => new ReduceL1(axes, keep)) },
        { "ReduceL2", Reductions.Of((axes, keep) => new ReduceL2(axes, keep)) },
        { "ReduceLogSum", Reductions.Of((axes, keep) => new ReduceLogSum(axes, keep)) },
        { "ReduceLogSumExp", Reductions.Of((axes, keep) => new ReduceLogSumExp(axes, keep)) },
        { "ReduceMax", Reductions.Of((axes, keep) => new ReduceMax(axes, keep)) },
        { "ReduceMean", Reductions.Of((axes, keep) => new ReduceMean(axes, keep)) },
        { "ReduceMin", Reductions.Of((axes, keep) => new ReduceMin(axes, keep)) },
        { "ReduceProd", Reductions.Of((axes, keep) => new ReduceProd(axes, keep)) },
        { "ReduceSum", Reductions.Of((axes, keep) => new ReduceSum(axes, keep)) },
        { "ReduceSumSquare", Reductions.Of((axes, keep) => new ReduceSumSquare(axes, keep)) },
        { "Relu", Elementwise.Unary<Relu> },
        { "Reshape", Movement.Reshape },
        { "Round", Elementwise.Unary<Round> },
        { "Selu", Activations.Selu },
        { "Shape", Constants.ShapeOf },
        { "Shrink", Activations.Shrink },
        { "Sigmoid", Elementwise.Unary<Sigmoid> },
        { "Sign", Elementwise.Unary<Sign> },
        { "SimplifiedLayerNormalization", Normalization.RmsNormalization },
        { "Sin", Elementwise.Unary<Sin> },
        { "Sinh", Elementwise.Unary<Sinh> },
        { "Size", Constants.Size },
        { "Slice", Slices.Slice },
        { "Softmax", Normalization.Softmax },
        { "SoftmaxCrossEntropyLoss", Losses.SoftmaxCrossEntropy },
        { "Softplus", Elementwise.Unary<Softplus> },
        { "Softsign", Elementwise.Unary<Softsign> },
        { "SpaceToDepth", Movement.SpaceToDepth },
        { "Split", Movement.Split },
        { "Sqrt", Elementwise.Unary<Sqrt> },
        { "Squeeze", Movement.Squeeze },
        { "Sub", Elementwise.Binary<Sub> },
        { "Sum", Elementwise.Variadic<Add> },
        { "Swish", Activations.Swish },
        { "Tan", Elementwise.Unary<Tan> },
        { "Tanh", Elementwise.Unary<Tanh> },
        { "ThresholdedRelu", Activations.ThresholdedRelu },
        { "Tile", Movement.Tile },
        { "Transpose", Movement.Transpose },
        { "Unsqueeze", Movement.Unsqueeze },
        { "Where", Elementwise.Where },
        { "Xor", Elementwise.Binary<Xor> },
    };

    /// <summary>Ops of ONNX Runtime's own domain that its optimizer and exporters write.</summary>
    private static readonly OpTable Microsoft = new()
    {
        { "Gelu", node => node.Add(new Gelu(), node.In(0)) },
    };

    private readonly Dictionary<string, ImportOp> _ops = [];

    public static ImportOp? Find(string domain, string op) => domain switch
    {
        "" => Standard._ops.GetValueOrDefault(op),
        "com.microsoft" => Microsoft._ops.GetValueOrDefault(op),
        _ => null,
    };

    public void Add(string op, Func<NodeContext, Value> import) => _ops.Add(op, node => [import(node)]);

    public void Add(string op, Func<NodeContext, IReadOnlyList<Value?>> import) => _ops.Add(op, new(import));

    public IEnumerator GetEnumerator() => _ops.Keys.GetEnumerator();
}
