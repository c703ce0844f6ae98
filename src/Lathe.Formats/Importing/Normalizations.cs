using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Importing;

/// <summary>Normalizations as TensorFlow and TFLite describe them.</summary>
internal static class Normalizations
{
    extension(GraphBuilder b)
    {
        /// <summary>x * (bias + alpha * sum of squares over the channels within a radius) ^ -beta, channels last.</summary>
        public Value Lrn(Value x, long radius, float bias, float alpha, float beta)
        {
            if (x.Type.Rank != 4 || radius is < 0 or > 1 << 20)
                throw Misfit.Of($"a radius of {radius} does not suit {x.Type}");
            long size = (2 * radius) + 1;
            return b.Add(new LRN(size, (double)alpha * size, beta, bias, Layout.ChannelsLast), x);
        }
    }
}
