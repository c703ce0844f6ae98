using Lathe.Compilation;
using Lathe.Compilation.Memory;
using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Loops.Passes;
using Lathe.Tensors;

namespace Lathe.Bench.Sweeping;

/// <summary>A program that makes one group's kernel in several ways, a step for each, all from the same inputs into the same output.</summary>
internal static class LayerProgram
{
    public static LoweredProgram Of(IReadOnlyList<LoweredKernel> kernels)
    {
        var inputs = new List<ProgramBuffer>();
        var outputs = new List<ProgramBuffer>();
        var places = new Dictionary<object, Location>();
        var parameters = new List<(long Offset, Tensor Tensor)>();
        long parameterBytes = 0, arenaBytes = 0;
        var steps = new List<Step>();
        var numbers = new Dictionary<Kernel, int>();
        foreach (var lowered in kernels)
        {
            var kernel = ExpandIntrinsics.Run(Simplifier.Run(lowered.Kernel)) with { Name = "" };
            kernel = kernel with { Name = $"k{numbers[kernel] = numbers.GetValueOrDefault(kernel, numbers.Count)}" };
            long scratch = 0;
            var arguments = lowered.Operands.Zip(lowered.Kernel.Parameters, (operand, buffer) =>
            {
                if (operand is Operand.Scratch)
                {
                    long at = scratch;
                    scratch = ArenaPlanner.Align(scratch + buffer.Bytes);
                    return new Location(Region.Arena, at);
                }
                object key = operand is Operand.Parameter { Tensor: var tensor } ? tensor : operand;
                if (places.TryGetValue(key, out var known))
                    return known;
                return places[key] = operand is Operand.Parameter p ? AddParameter(p.Tensor)
                    : lowered.Kernel.Outputs.Contains(buffer) ? Add(outputs, Region.Output, buffer)
                    : Add(inputs, Region.Input, buffer);
            }).ToEquatableArray();
            arenaBytes = Math.Max(arenaBytes, scratch);
            steps.Add(new Step($"s{steps.Count}", kernel, arguments));
        }
        return new(new Lathe.Loops.Program("layer", [.. inputs], [.. outputs], arenaBytes, parameterBytes, [.. steps]), parameters);

        Location AddParameter(Tensor tensor)
        {
            var place = new Location(Region.Parameters, parameterBytes);
            parameters.Add((parameterBytes, tensor));
            parameterBytes = ArenaPlanner.Align(parameterBytes + tensor.Bytes.Length);
            return place;
        }

        static Location Add(List<ProgramBuffer> list, Region region, Lathe.Loops.Buffer buffer)
        {
            list.Add(new($"{region}{list.Count}", buffer.Element, buffer.Shape));
            return new Location(region, list.Count - 1);
        }
    }
}
