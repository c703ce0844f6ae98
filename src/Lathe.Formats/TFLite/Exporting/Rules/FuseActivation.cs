using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Exporting.Writers;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>An activation after an op whose operator can end with one goes into it.</summary>
internal sealed class FuseActivation : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (Fused.KindOf(node.Op) is not { } kind || node.Output.Element != DType.Float32 || node.Inputs[0] is not { } x || !context.IsUsedOnce(x))
            return null;
        var fused = x.Op as Fused ?? new Fused(x.Op, HasBias: false, ActivationKind.None);
        bool takes = fused.Activation == ActivationKind.None && fused.Main switch
        {
            Conv or MaxPool or AveragePool or Add or Sub or Mul or Div => ExportTable.CanWrite(x.Node),
            MatMul => ProductWriters.IsLayer(x.Node),
            _ => false,
        };
        return takes ? context.Builder.Add(fused with { Activation = kind }, [.. x.Node.Inputs]) : null;
    }
}
