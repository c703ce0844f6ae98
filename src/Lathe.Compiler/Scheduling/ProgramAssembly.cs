using System.Security.Cryptography;
using System.Text;
using Lathe.Compilation.Memory;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Gives kernels names and buffers places: in the inputs, the outputs, the parameters or the arena.</summary>
internal sealed class ProgramAssembly(Graph graph, Views views)
{
    private readonly List<(long Offset, Tensor Tensor)> _parameters = [];
    private readonly Dictionary<Tensor, long> _parameterOffsets = [];
    private long _parameterBytes;

    public LoweredProgram Assemble(IReadOnlyList<LoweredKernel> kernels)
    {
        var blocks = new List<ArenaPlanner.Block>();
        var blockOf = new Dictionary<Value, int>();
        var scratchOf = new Dictionary<(int Step, int Argument), int>();
        for (int step = 0; step < kernels.Count; step++)
        {
            for (int argument = 0; argument < kernels[step].Operands.Count; argument++)
            {
                switch (kernels[step].Operands[argument])
                {
                    case Operand.Of { Value: var value } when InArena(Views.Root(value)):
                        var root = Views.Root(value);
                        if (blockOf.TryGetValue(root, out int known))
                            blocks[known] = blocks[known] with { LastStep = step };
                        else
                            Add(blockOf, root, new(Bytes(root), step, step));
                        break;
                    case Operand.Scratch scratch:
                        Add(scratchOf, (step, argument), new(scratch.Bytes, step, step));
                        break;
                }
            }
        }
        var (offsets, size) = ArenaPlanner.Plan(blocks);
        Location Place(int step, int argument) => kernels[step].Operands[argument] switch
        {
            Operand.Of { Value: var value } => PlaceOf(Views.Root(value), blockOf, offsets),
            Operand.Parameter { Tensor: var tensor } => new(Region.Parameters, ParameterOffset(tensor)),
            Operand.Result result => new(Region.Output, result.Output),
            _ => new(Region.Arena, offsets[scratchOf[(step, argument)]]),
        };

        var names = new Dictionary<Kernel, string>();
        var steps = kernels.Select((kernel, i) => new Step(
            kernel.Label,
            kernel.Kernel with { Name = NameOf(kernel.Kernel, names) },
            kernel.Operands.Select((_, a) => Place(i, a)).ToEquatableArray(),
            kernel.Work)).ToEquatableArray();
        var inputs = graph.Inputs.Select(v => Buffer(((Input)v.Op).InputName, v)).ToEquatableArray();
        var outputs = graph.Outputs.Select(o => Buffer(o.Name, o.Value)).ToEquatableArray();
        return new(new Program(graph.Name, inputs, outputs, size, _parameterBytes, steps), _parameters);

        void Add<T>(Dictionary<T, int> map, T key, ArenaPlanner.Block block) where T : notnull
        {
            map.Add(key, blocks.Count);
            blocks.Add(block);
        }
    }

    private bool InArena(Value root) => root.Op is not (Input or Constant) && views.OutputOf(root) is null;

    private Location PlaceOf(Value root, Dictionary<Value, int> blockOf, long[] offsets)
    {
        if (root.Op is Input)
            return new(Region.Input, graph.Inputs.IndexOf(root));
        if (root.Constant is { } tensor)
            return new(Region.Parameters, ParameterOffset(tensor));
        return views.OutputOf(root) is { } output ? new(Region.Output, output) : new(Region.Arena, offsets[blockOf[root]]);
    }

    private long ParameterOffset(Tensor tensor)
    {
        if (!_parameterOffsets.TryGetValue(tensor, out long offset))
        {
            offset = _parameterBytes;
            _parameterOffsets.Add(tensor, offset);
            _parameters.Add((offset, tensor));
            _parameterBytes = ArenaPlanner.Align(offset + tensor.Bytes.Length);
        }
        return offset;
    }

    /// <summary>A name that is the same for the same work in every model, so that code and tuning records can be shared.</summary>
    private static string NameOf(Kernel kernel, Dictionary<Kernel, string> names)
    {
        if (!names.TryGetValue(kernel, out string? name))
        {
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(LoopText.Print(kernel)));
            name = $"k_{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
            names.Add(kernel, name);
        }
        return name;
    }

    private static long Bytes(Value value) => value.Shape.ElementCount * value.Element.Size;

    private static ProgramBuffer Buffer(string name, Value value) => new(name, value.Element, value.Shape.ToArray());
}
