using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;

namespace Lathe.Compilation;

/// <summary>The passes in the order in which they run.</summary>
public static class Pipelines
{
    /// <summary>From an imported model to primitives in the form that kernels are made from.</summary>
    public static IReadOnlyList<Pass> ForKernels(MachineFacts machine)
    {
        var fold = new FoldConstant(new GraphEvaluator(), widens: true);
        return
        [
            new WidenHalves(),
            new RewriteLoops(() => ForKernels(machine)),
            new RewritePass("MultiplyIntegers", new MultiplyAsIntegers()),
            new RewritePass("Simplify", fold, new RemoveIdentity(), new RemoveNeutralOperand(), new MergeMovements(), new RecognizeActivations()),
            new DecomposeComposites(n => n.Op is not (ConvInteger or MatMulInteger)),
            new RewritePass("SumBytes", fold, new FoldZeroPoints(), new RequantizeSums()),
            new DecomposeComposites(),
            new RewritePass(
                "FoldNorms",
                fold, new PowAsProduct(), new SubtractAsAdd(), new DivideAsMultiply(), new FoldScaleThroughBias(), new FoldScaleIntoContraction(), new MergeBiases()),
            new RewritePass("DropSubnormals", new DropSubnormalWeights()),
            new OrderChannels(),
            new ToLayout(Layout.ChannelsLast),
            new RewritePass(
                "SinkTransposes",
                fold, new RemoveIdentity(), new MergeMovements(keepsTransposes: true), new QuantizeAsElementwise(), new DequantizeAsElementwise(), new SinkTransposeThroughElementwise(), new SinkTransposeThroughAxes(), new FoldTransposeIntoDenseWeights()),
            new RewritePass(
                "PrepareKernels",
                fold, new ShortenFixedPointScale(), new AddBeforeShift(), new ConvTransposeAsConv(), new ScaleWeights(), new PadBeforeConv(), new PadBeforePool(), new PadPlanes(), new JoinPaddedRows(), new TransposeBeforeMatMul(), new RemoveIdentity(), new RemoveNeutralOperand(), new MergeMovements()),
            .. machine.UnsignedData ? new Pass[] { new StoreUnsigned(), new RewritePass("FoldOffsets", fold, new MergeBiases(), new AddBeforeShift()) } : [],
            .. machine.FloorsFma ? new Pass[] { new RewritePass("ScaleByFloats", fold, new ScaleByFloats()) } : [],
        ];
    }
}
