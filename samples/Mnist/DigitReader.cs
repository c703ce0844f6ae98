using System.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Samples.Mnist;

/// <summary>The compiled network, ready to read digits one image at a time.</summary>
internal sealed class DigitReader(Session session)
{
    private const int Digits = 10;

    /// <summary>Probabilities of the digits 0 to 9; valid until the next call.</summary>
    public ReadOnlySpan<float> Read(DigitSet digits, int image)
    {
        digits.CopyTo(image, session.Input("image").Span<float>());
        session.Run();
        return session.Output("probabilities").Span<float>();
    }

    /// <summary>Reads the first <paramref name="count"/> images.</summary>
    /// <returns>A row of probabilities for each, and the milliseconds that each took, its input's preparation included.</returns>
    public (float[][] Probabilities, double[] Milliseconds) ReadAll(DigitSet digits, int count)
    {
        var rows = new float[count][];
        var times = new double[count];
        for (int i = 0; i < count; i++)
            rows[i] = new float[Digits];
        Read(digits, 0);
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Read(digits, i).CopyTo(rows[i]);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        return (rows, times);
    }
}
