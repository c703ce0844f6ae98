using System.Collections.Concurrent;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;

namespace Lathe.Compilation.Kernels;

/// <summary>The generator for dense layers of a few places with more weights than stay near, which it reads as numbers of 21 bits.</summary>
internal sealed class Int21Kernels(MachineFacts machine, IReadOnlySet<Value> materialized) : ContractionKernels(machine, materialized)
{
    /// <summary>By anchor, as a form looks at all weights of its layer.</summary>
    private readonly ConcurrentDictionary<Node, ContractionForm?> _forms = new(ReferenceEqualityComparer.Instance);

    public override string Name => "int21";

    public override int Version => 1;

    protected override ContractionForm? FormOf(Node anchor) => _forms.GetOrAdd(anchor, node => Int21Form.Of(node, Machine));
}
