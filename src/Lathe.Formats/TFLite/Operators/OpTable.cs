using System.Collections;
using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Gives what an operator's outputs stand for; the last ones may be missing.</summary>
internal delegate IReadOnlyList<Slot?> ImportOp(NodeContext node);

/// <summary>Which function imports which operator. One that is not here is reported as unsupported.</summary>
internal sealed class OpTable : IEnumerable
{
    private static readonly OpTable Builtins = new()
    {
        { ABS, Elementwise.Plain<Abs> },
        { ADD, Elementwise.Add },
        { ADD_N, Elementwise.AddN },
        { ARG_MAX, Reductions.ArgMax },
        { ARG_MIN, Reductions.ArgMin },
        { ASSIGN_VARIABLE, ControlFlow.AssignVariable },
        { ATAN2, Elementwise.Atan2 },
        { AVERAGE_POOL_2D, Pools.Average },
        { BATCH_MATMUL, Products.BatchMatMul },
        { BATCH_TO_SPACE_ND, Movement.BatchToSpace },
        { BIDIRECTIONAL_SEQUENCE_LSTM, Recurrent.BidirectionalLstm },
        { BIDIRECTIONAL_SEQUENCE_RNN, Recurrent.BidirectionalRnn },
        { BITCAST, Elementwise.Bitcast },
        { BITWISE_XOR, Elementwise.BitwiseXor },
        { BROADCAST_ARGS, Constants.BroadcastArgs },
        { BROADCAST_TO, Movement.BroadcastTo },
        { BUCKETIZE, Choices.Bucketize },
        { CALL, ControlFlow.Call },
        { CALL_ONCE, ControlFlow.CallOnce },
        { CAST, Elementwise.Cast },
        { CEIL, Elementwise.Unary<Ceil> },
        { COMPLEX_ABS, ComplexNumbers.Abs },
        { CONCATENATION, Movement.Concatenation },
        { CONV_2D, Convolutions.Conv2D },
        { CONV_3D, Convolutions.Conv3D },
        { CONV_3D_TRANSPOSE, Convolutions.Conv3DTranspose },
        { COS, Elementwise.Unary<Cos> },
        { CUMSUM, Choices.CumSum },
        { DENSIFY, node => node.In(0) },
        { DEPTHWISE_CONV_2D, Convolutions.DepthwiseConv2D },
        { DEPTH_TO_SPACE, Movement.DepthToSpace },
        { DEQUANTIZE, Quantization.Dequantize },
        { DILATE, Movement.Dilate },
        { DIV, Elementwise.Div },
        { DYNAMIC_UPDATE_SLICE, Slices.DynamicUpdateSlice },
        { ELU, node => Results.Of(node, node.Add(new Elu(1), node.Real(0))) },
        { EMBEDDING_LOOKUP, Slices.EmbeddingLookup },
        { EQUAL, Elementwise.Compare<Equal> },
        { EXP, Elementwise.Unary<Exp> },
        { EXPAND_DIMS, ComplexNumbers.PartWise(Movement.ExpandDims) },
        { FAKE_QUANT, Elementwise.FakeQuant },
        { FILL, Constants.Fill },
        { FLOOR, Elementwise.Unary<Floor> },
        { FLOOR_DIV, Elementwise.FloorDiv },
        { FLOOR_MOD, Elementwise.FloorMod },
        { FULLY_CONNECTED, Products.FullyConnected },
        { GATHER, Slices.Gather },
        { GATHER_ND, Slices.GatherNd },
        { GELU, Activations.Gelu },
        { GREATER, Elementwise.Compare<Greater> },
        { GREATER_EQUAL, Elementwise.Compare<GreaterEqual> },
        { HARD_SWISH, Activations.HardSwish },
        { HASHTABLE_LOOKUP, Choices.HashTableLookup },
        { IF, ControlFlow.If },
        { IMAG, ComplexNumbers.Imaginary },
        { L2_NORMALIZATION, Normalization.L2 },
        { L2_POOL_2D, Pools.L2 },
        { LEAKY_RELU, Activations.LeakyRelu },
        { LESS, Elementwise.Compare<Less> },
        { LESS_EQUAL, Elementwise.Compare<LessEqual> },
        { LOCAL_RESPONSE_NORMALIZATION, Normalization.Lrn },
        { LOG, Elementwise.Unary<Log> },
        { LOGICAL_AND, Elementwise.Logical<And> },
        { LOGICAL_NOT, Elementwise.Logical<Not> },
        { LOGICAL_OR, Elementwise.Logical<Or> },
        { LOGISTIC, IntegerActivations.Logistic },
        { LOG_SOFTMAX, Normalization.LogSoftmax },
        { LSTM, Recurrent.LstmStep },
        { MATRIX_DIAG, Choices.MatrixDiag },
        { MATRIX_SET_DIAG, Choices.MatrixSetDiag },
        { MAXIMUM, Elementwise.Maximum },
        { MAX_POOL_2D, Pools.Max },
        { MEAN, Reductions.Mean },
        { MINIMUM, Elementwise.Minimum },
        { MIRROR_PAD, Movement.MirrorPad },
        { MUL, Elementwise.Mul },
        { NEG, Elementwise.Plain<Neg> },
        { NON_MAX_SUPPRESSION_V4, Detection.NonMaxSuppressionV4 },
        { NON_MAX_SUPPRESSION_V5, Detection.NonMaxSuppressionV5 },
        { NOT_EQUAL, Elementwise.Compare<NotEqual> },
        { ONE_HOT, Choices.OneHot },
        { PACK, Movement.Pack },
        { PAD, Movement.Pad },
        { PADV2, Movement.Pad },
        { POW, Elementwise.Binary<Pow> },
        { PRELU, Activations.PRelu },
        { QUANTIZE, Quantization.Quantize },
        { RANGE, Constants.Range },
        { RANK, Constants.Rank },
        { READ_VARIABLE, ControlFlow.ReadVariable },
        { REAL, ComplexNumbers.Real },
        { REDUCE_ALL, Reductions.Choosing((axes, keep) => new ReduceMin(axes, keep)) },
        { REDUCE_ANY, Reductions.Choosing((axes, keep) => new ReduceMax(axes, keep)) },
        { REDUCE_MAX, Reductions.Choosing((axes, keep) => new ReduceMax(axes, keep)) },
        { REDUCE_MIN, Reductions.Choosing((axes, keep) => new ReduceMin(axes, keep)) },
        { REDUCE_PROD, Reductions.Of((axes, keep) => new ReduceProd(axes, keep)) },
        { RELU, Activations.Relu },
        { RELU6, Activations.Relu6 },
        { RELU_0_TO_1, Activations.Relu0To1 },
        { RELU_N1_TO_1, Activations.ReluN1To1 },
        { RESHAPE, ComplexNumbers.PartWise(Movement.Reshape) },
        { RESIZE_BILINEAR, Resizing.Bilinear },
        { RESIZE_NEAREST_NEIGHBOR, Resizing.NearestNeighbor },
        { REVERSE_SEQUENCE, Movement.ReverseSequence },
        { REVERSE_V2, Movement.ReverseV2 },
        { RFFT2D, ComplexNumbers.Transform },
        { RIGHT_SHIFT, Elementwise.RightShift },
        { RNN, Recurrent.Rnn },
        { ROUND, Elementwise.Unary<Round> },
        { RSQRT, Elementwise.Rsqrt },
        { SCATTER_ND, Choices.ScatterNd },
        { SEGMENT_SUM, Choices.SegmentSum },
        { SELECT, Elementwise.Select },
        { SELECT_V2, Elementwise.SelectV2 },
        { SHAPE, Constants.ShapeOf },
        { SIGN, Elementwise.Plain<Sign> },
        { SIN, Elementwise.Unary<Sin> },
        { SLICE, ComplexNumbers.PartWise(Slices.Slice) },
        { SOFTMAX, Normalization.Softmax },
        { SPACE_TO_BATCH_ND, Movement.SpaceToBatch },
        { SPACE_TO_DEPTH, Movement.SpaceToDepth },
        { SPARSE_TO_DENSE, Choices.SparseToDense },
        { SPLIT, Movement.Split },
        { SPLIT_V, Movement.SplitV },
        { SQRT, Elementwise.Unary<Sqrt> },
        { SQUARE, Elementwise.Square },
        { SQUARED_DIFFERENCE, Elementwise.SquaredDifference },
        { SQUEEZE, ComplexNumbers.PartWise(Movement.Squeeze) },
        { STABLEHLO_COMPOSITE, Composites.Import },
        { STRIDED_SLICE, ComplexNumbers.PartWise(Slices.StridedSlice) },
        { SUB, Elementwise.Sub },
        { SUM, Reductions.Sum },
        { SVDF, Svdf.Import },
        { TANH, IntegerActivations.Tanh },
        { TILE, Movement.Tile },
        { TOPK_V2, Choices.TopK },
        { TRANSPOSE, ComplexNumbers.PartWise(Movement.Transpose) },
        { TRANSPOSE_CONV, Convolutions.TransposeConv },
        { UNIDIRECTIONAL_SEQUENCE_LSTM, Recurrent.SequenceLstm },
        { UNIDIRECTIONAL_SEQUENCE_RNN, Recurrent.SequenceRnn },
        { UNIQUE, Choices.Unique },
        { UNPACK, Movement.Unpack },
        { UNSORTED_SEGMENT_MAX, Choices.UnsortedSegment(ScatterReduction.Max, double.NegativeInfinity) },
        { UNSORTED_SEGMENT_MIN, Choices.UnsortedSegment(ScatterReduction.Min, double.PositiveInfinity) },
        { UNSORTED_SEGMENT_PROD, Choices.UnsortedSegment(ScatterReduction.Mul, 1) },
        { UNSORTED_SEGMENT_SUM, Choices.UnsortedSegment(ScatterReduction.Add, 0) },
        { VAR_HANDLE, ControlFlow.VarHandle },
        { WHERE, Constants.Where },
        { WHILE, ControlFlow.While },
        { ZEROS_LIKE, Elementwise.ZerosLike },
    };

    /// <summary>Operators that the schema does not number: TensorFlow Lite's own and MediaPipe's.</summary>
    private static readonly Dictionary<string, ImportOp> Customs = new()
    {
        { "Convolution2DTransposeBias", node => [new Slot.Bound(Convolutions.TransposeConvBias(node))] },
        { "Landmarks2TransformMatrix", node => [new Slot.Bound(Landmarks.TransformMatrix(node))] },
        { "MaxPoolingWithArgmax2D", node => [.. PooledPlaces.Pool(node).Select(v => v is null ? null : new Slot.Bound(v))] },
        { "MaxUnpooling2D", node => [new Slot.Bound(PooledPlaces.Unpool(node))] },
        { "Resampler", node => [new Slot.Bound(PooledPlaces.Resampler(node))] },
        { "TFLite_Detection_PostProcess", node => [.. Detection.PostProcess(node).Select(v => new Slot.Bound(v!))] },
        { "TransformLandmarks", node => [new Slot.Bound(Landmarks.Transform(node))] },
        { "TransformTensorBilinear", node => [new Slot.Bound(Landmarks.TransformTensor(node))] },
    };

    private readonly SortedDictionary<BuiltinOperator, ImportOp> _ops = [];

    /// <summary>The names of all operators that are imported.</summary>
    public static IEnumerable<string> Names => Builtins._ops.Keys.Select(op => op.ToString()).Concat(Customs.Keys);

    public static ImportOp? Find(LiteOperatorCode code) => code.Builtin == CUSTOM ? Customs.GetValueOrDefault(code.Custom) : Builtins._ops.GetValueOrDefault(code.Builtin);

    public void Add(BuiltinOperator op, Func<NodeContext, Value> import) => _ops.Add(op, node => [new Slot.Bound(import(node))]);

    public void Add(BuiltinOperator op, Func<NodeContext, IReadOnlyList<Value?>> import) =>
        _ops.Add(op, node => [.. import(node).Select(v => v is null ? null : new Slot.Bound(v))]);

    public void Add(BuiltinOperator op, Func<NodeContext, IReadOnlyList<Slot?>> import) => _ops.Add(op, new(import));

    public IEnumerator GetEnumerator() => _ops.Keys.GetEnumerator();
}
