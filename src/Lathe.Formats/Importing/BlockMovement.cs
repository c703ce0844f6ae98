using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Blocks of pixels that become channels or batches and the other way, channels last; and padding by mirroring.</summary>
internal static class BlockMovement
{
    extension(GraphBuilder b)
    {
        /// <summary>Blocks of pixels become channels: block row, block column, depth.</summary>
        public Value SpaceToDepth(Value x, long block)
        {
            if (x.Type.Rank != 4 || block is < 1 or > 1 << 15 || x.Shape[1].Value % block != 0 || x.Shape[2].Value % block != 0)
                throw Misfit.Of($"{x.Type} does not divide into blocks of {block}");
            return b.Add(new SpaceToDepth(block, Layout.ChannelsLast), x);
        }

        public Value DepthToSpace(Value x, long block)
        {
            if (x.Type.Rank != 4 || block is < 1 or > 1 << 15 || x.Shape[3].Value % (block * block) != 0)
                throw Misfit.Of($"the channels of {x.Type} do not divide into blocks of {block}");
            return b.Add(new DepthToSpace(block, Crd: false, Layout.ChannelsLast), x);
        }

        /// <summary>Spatial axes are padded (before and after each) and cut into blocks, whose places become batches.</summary>
        public Value SpaceToBatch(Value x, long[] blocks, long[] paddings, double padding = 0)
        {
            int n = blocks.Length, rank = x.Type.Rank;
            if (n >= rank || paddings.Length != 2 * n || blocks.Any(e => e < 1) || paddings.Any(p => p < 0))
                throw Misfit.Of($"blocks {Misfit.List(blocks)} and padding {Misfit.List(paddings)} do not suit {x.Type}");
            var (before, after) = (new long[rank], new long[rank]);
            for (int i = 0; i < n; i++)
                (before[1 + i], after[1 + i]) = (paddings[2 * i], paddings[(2 * i) + 1]);
            if (paddings.Any(p => p > 0))
                x = b.Add(new Pad(before, after, PadMode.Constant, padding), x);
            if (Enumerable.Range(0, n).Any(i => x.Shape[1 + i].Value % blocks[i] != 0))
                throw Misfit.Of($"{x.Type} does not divide into blocks {Misfit.List(blocks)}");
            var rest = x.Shape.Skip(1 + n).ToArray();
            var split = b.Reshaped(x, [x.Shape[0], .. Enumerable.Range(0, n).SelectMany(i => new[] { x.Shape[1 + i] / blocks[i], blocks[i] }), .. rest]);
            int[] order = [.. Enumerable.Range(0, n).Select(i => 2 + (2 * i)), 0, .. Enumerable.Range(0, n).Select(i => 1 + (2 * i)), .. Enumerable.Range(1 + (2 * n), rest.Length)];
            long count = blocks.Aggregate(1L, (a, e) => checked(a * e));
            return b.Reshaped(b.Add(new Transpose(order), split), [x.Shape[0] * count, .. Enumerable.Range(0, n).Select(i => x.Shape[1 + i] / blocks[i]), .. rest]);
        }

        /// <summary>Batches become blocks of the spatial axes, which are cropped (before and after each).</summary>
        public Value BatchToSpace(Value x, long[] blocks, long[] crops)
        {
            int n = blocks.Length, rank = x.Type.Rank;
            if (n >= rank || crops.Length != 2 * n || blocks.Any(e => e < 1) || crops.Any(c => c < 0) || x.Shape[0].Value % blocks.Aggregate(1L, (a, e) => checked(a * e)) != 0)
                throw Misfit.Of($"blocks {Misfit.List(blocks)} and crops {Misfit.List(crops)} do not suit {x.Type}");
            var batch = x.Shape[0] / blocks.Aggregate(1L, (a, e) => a * e);
            var rest = x.Shape.Skip(1 + n).ToArray();
            var split = b.Reshaped(x, [.. blocks.Select(e => (Dim)e), batch, .. x.Shape.Skip(1)]);
            int[] order = [n, .. Enumerable.Range(0, n).SelectMany(i => new[] { n + 1 + i, i }), .. Enumerable.Range((2 * n) + 1, rest.Length)];
            var joined = b.Reshaped(b.Add(new Transpose(order), split), [batch, .. Enumerable.Range(0, n).Select(i => x.Shape[1 + i] * blocks[i]), .. rest]);
            for (int i = 0; i < n; i++)
            {
                long size = joined.Shape[1 + i].Value - crops[2 * i] - crops[(2 * i) + 1];
                if (size < 0)
                    throw Misfit.Of($"crops {Misfit.List(crops)} are larger than {joined.Type}");
                joined = b.Along(joined, 1 + i, crops[2 * i], size);
            }
            return joined;
        }

        /// <summary>Padding [rank, 2] of a mirrored border: reflecting leaves out the outermost elements, the symmetric mode repeats them.</summary>
        public Value Mirrored(Value x, long[] paddings, bool symmetric)
        {
            var (before, after) = BeforeAndAfter(x, paddings);
            for (int axis = 0; axis < before.Length; axis++)
            {
                long extent = x.Shape[axis].Value, most = symmetric ? extent : extent - 1;
                if (before[axis] > most || after[axis] > most)
                    throw Misfit.Of($"{x.Type} cannot be mirrored by {before[axis]} and {after[axis]} along axis {axis}");
            }
            if (!symmetric)
                return b.Add(new Pad(before, after, PadMode.Reflect), x);
            for (int axis = 0; axis < before.Length; axis++)
            {
                long extent = x.Shape[axis].Value;
                if (before[axis] + after[axis] == 0)
                    continue;
                long[] from = [.. Enumerable.Range(0, (int)(before[axis] + extent + after[axis])).Select(i => i - before[axis]).Select(i => i < 0 ? -1 - i : i < extent ? i : (2 * extent) - 1 - i)];
                x = b.Add(new Gather(axis), x, b.Vector(from));
            }
            return x;
        }

        /// <summary>Padding [rank, 2] of one value.</summary>
        public Value Padded(Value x, long[] paddings, double value = 0)
        {
            var (before, after) = BeforeAndAfter(x, paddings);
            return b.Add(new Pad(before, after, PadMode.Constant, value), x);
        }
    }

    private static (long[] Before, long[] After) BeforeAndAfter(Value x, long[] paddings)
    {
        if (paddings.Length != 2 * x.Type.Rank || paddings.Any(p => p is < 0 or > int.MaxValue))
            throw Misfit.Of($"the padding {Misfit.List(paddings)} does not suit {x.Type}");
        return ([.. paddings.Where((_, i) => i % 2 == 0)], [.. paddings.Where((_, i) => i % 2 == 1)]);
    }
}
