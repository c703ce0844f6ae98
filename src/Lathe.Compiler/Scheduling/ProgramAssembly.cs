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

    public LoweredProgram Assemble(IReadOnlyList<LoweredKernel> lowered, IReadOnlyList<GraphLoop> loops)
    {
        var inPlace = new InPlace(lowered, loops, InArena);
        var kernels = inPlace.Kernels;
        Operand? Memory(Operand operand) => InArena(operand) is { } own ? inPlace.Of(own) : null;
        var blocks = new List<ArenaPlanner.Block>();
        var blockOf = new Dictionary<Operand, int>();
        var scratchOf = new Dictionary<(int Step, int Argument), int>();
        for (int step = 0; step < kernels.Count; step++)
        {
            for (int argument = 0; argument < kernels[step].Operands.Count; argument++)
            {
                if (kernels[step].Operands[argument] is Operand.Scratch scratch)
                    Add(scratchOf, (step, argument), scratch is Operand.Kept ? new(scratch.Bytes, 0, kernels.Count - 1) : new(scratch.Bytes, step, step));
                else if (Memory(kernels[step].Operands[argument]) is { } memory)
                    Use(memory, step);
            }
        }
        foreach (var loop in loops)
            KeepThrough(loop, blocks);
        var (offsets, size) = ArenaPlanner.Plan(blocks);
        Location Place(Operand operand) => Memory(operand) is { } memory ? new(Region.Arena, offsets[blockOf[memory]] + (operand is Operand.Of of ? views.OffsetOf(of.Value) : 0)) : PlaceOutside(operand);
        Location PlaceArgument(int step, int argument) =>
            scratchOf.TryGetValue((step, argument), out int block) ? new(Region.Arena, offsets[block]) : Place(kernels[step].Operands[argument]);

        string[] names = InParallel.Map(kernels, k => NameOf(k.Kernel));
        var steps = kernels.Select((kernel, i) => new Step(
            kernel.Label,
            kernel.Kernel with { Name = names[i] },
            kernel.Operands.Select((_, a) => PlaceArgument(i, a)).ToEquatableArray(),
            kernel.Work)).ToEquatableArray();
        var inputs = graph.Inputs.Select(v => Buffer(((Input)v.Op).InputName, v)).ToEquatableArray();
        var outputs = graph.Outputs.Select(o => Buffer(o.Name, o.Value)).ToEquatableArray();
        var program = new Program(graph.Name, inputs, outputs, size, _parameterBytes, steps)
        {
            Loops = loops.Select(l => new StepLoop(l.First, l.Body, l.Last, Place(l.Condition).Offset)).ToEquatableArray(),
        };
        return new(program, _parameters);

        void Use(Operand memory, int step)
        {
            if (blockOf.TryGetValue(memory, out int known))
                blocks[known] = blocks[known] with { LastStep = step };
            else
                Add(blockOf, memory, new(Bytes(memory), step, step));
        }

        void Add<T>(Dictionary<T, int> map, T key, ArenaPlanner.Block block) where T : notnull
        {
            map.Add(key, blocks.Count);
            blocks.Add(block);
        }
    }

    /// <summary>What a round reads that was there before the loop, the next round reads again.</summary>
    private static void KeepThrough(GraphLoop loop, List<ArenaPlanner.Block> blocks)
    {
        for (int i = 0; i < blocks.Count; i++)
            if (blocks[i].FirstStep < loop.First && blocks[i].LastStep >= loop.First)
                blocks[i] = blocks[i] with { LastStep = Math.Max(blocks[i].LastStep, loop.Last - 1) };
    }

    /// <summary>The memory that an operand is in, where that lasts for several steps and is neither the caller's nor a constant.</summary>
    private Operand? InArena(Operand operand) => operand switch
    {
        Operand.Of { Value: var value } when views.MemoryOf(value) is var root && root.Op is not (Input or Constant) && views.OutputOf(root) is null => new Operand.Of(root),
        Operand.Held => operand,
        _ => null,
    };

    private Location PlaceOutside(Operand operand) => operand switch
    {
        Operand.Parameter { Tensor: var tensor } => new(Region.Parameters, ParameterOffset(tensor)),
        Operand.Result result => new(Region.Output, result.Output),
        Operand.Of { Value: var value } when views.MemoryOf(value) is var root => root switch
        {
            { Op: Input } => new(Region.Input, graph.Inputs.IndexOf(root)),
            { Constant: { } tensor } => new(Region.Parameters, ParameterOffset(tensor)),
            _ => new(Region.Output, views.OutputOf(root) ?? throw new InternalException("LATHE5151", $"{root} has no memory")),
        },
        _ => throw new InternalException("LATHE5151", $"{operand} has no memory"),
    };

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
    private static string NameOf(Kernel kernel) =>
        $"k_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(LoopText.Print(kernel))).AsSpan(0, 8))}";

    private static long Bytes(Operand memory)
    {
        var type = (memory is Operand.Held held ? held.Value : ((Operand.Of)memory).Value).Type;
        return type.Shape.ElementCount * type.Element.Size;
    }

    private static ProgramBuffer Buffer(string name, Value value) => new(name, value.Element, value.Shape.ToArray());
}
