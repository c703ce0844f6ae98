using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Lathe.Compilation.Diagnostics;

/// <summary>How fast threads read memory that they go through again and again: the bound for kernels that do little arithmetic.</summary>
public static unsafe class ReadBandwidth
{
    private const long BytesPerRun = 32L << 20;

    /// <summary>
    /// GB/s (1e9 bytes) of so many threads together, each in its own share of <paramref name="bytes"/>: the best of several short runs. What fits in a
    /// cache is read from there.
    /// </summary>
    public static double Measure(int threads, long bytes)
    {
        long share = Math.Max(4096, bytes / threads & -4096);
        long passes = Math.Max(1, BytesPerRun / (share * threads));
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(share * threads), 4096);
        try
        {
            // Pages that nobody has written to may all be the same page of zeros.
            NativeMemory.Fill(memory, (nuint)(share * threads), 1);
            double seconds = ThreadRace.Best(threads, thread => Sum(memory + (thread * share), share, passes));
            return (double)share * threads * passes / seconds / 1e9;
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static float Sum(byte* from, long bytes, long passes) =>
        Vector512.IsHardwareAccelerated ? Sum512((float*)from, bytes / sizeof(float), passes)
        : Vector256.IsHardwareAccelerated ? Sum256((float*)from, bytes / sizeof(float), passes)
        : Sum128((float*)from, bytes / sizeof(float), passes);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum512(float* from, long count, long passes)
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (long pass = 0; pass < passes; pass++)
        {
            for (float* p = from, end = from + count; p < end; p += 128)
            {
                a += Vector512.Load(p);
                b += Vector512.Load(p + 16);
                c += Vector512.Load(p + 32);
                d += Vector512.Load(p + 48);
                e += Vector512.Load(p + 64);
                f += Vector512.Load(p + 80);
                g += Vector512.Load(p + 96);
                h += Vector512.Load(p + 112);
            }
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum256(float* from, long count, long passes)
    {
        Vector256<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (long pass = 0; pass < passes; pass++)
        {
            for (float* p = from, end = from + count; p < end; p += 64)
            {
                a += Vector256.Load(p);
                b += Vector256.Load(p + 8);
                c += Vector256.Load(p + 16);
                d += Vector256.Load(p + 24);
                e += Vector256.Load(p + 32);
                f += Vector256.Load(p + 40);
                g += Vector256.Load(p + 48);
                h += Vector256.Load(p + 56);
            }
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum128(float* from, long count, long passes)
    {
        Vector128<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (long pass = 0; pass < passes; pass++)
        {
            for (float* p = from, end = from + count; p < end; p += 32)
            {
                a += Vector128.Load(p);
                b += Vector128.Load(p + 4);
                c += Vector128.Load(p + 8);
                d += Vector128.Load(p + 12);
                e += Vector128.Load(p + 16);
                f += Vector128.Load(p + 20);
                g += Vector128.Load(p + 24);
                h += Vector128.Load(p + 28);
            }
        }
        return Vector128.Sum(a + b + c + d + e + f + g + h);
    }
}
