using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lathe.Tensors;

namespace Lathe.Loops.Managed;

/// <summary>
/// Element access for compiled kernels: element <c>i</c> of the block at the address. Integers narrower than 32 bits
/// are <see cref="int"/> here and the halves <see cref="float"/>, as everywhere in compiled kernels (see <see cref="Representation"/>).
/// The memory must not move. Small, so that the just-in-time compiler inlines them.
/// </summary>
public static unsafe class Memory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long LoadPointer(long p, long i) => ((nint*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool LoadBool(long p, long i) => ((byte*)p)[i] != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBool(long p, long i, bool value) => ((byte*)p)[i] = value ? (byte)1 : (byte)0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LoadInt8(long p, long i) => ((sbyte*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8(long p, long i, int value) => ((sbyte*)p)[i] = (sbyte)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LoadInt16(long p, long i) => ((short*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt16(long p, long i, int value) => ((short*)p)[i] = (short)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LoadInt32(long p, long i) => ((int*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt32(long p, long i, int value) => ((int*)p)[i] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long LoadInt64(long p, long i) => ((long*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt64(long p, long i, long value) => ((long*)p)[i] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LoadUInt8(long p, long i) => ((byte*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt8(long p, long i, int value) => ((byte*)p)[i] = (byte)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LoadUInt16(long p, long i) => ((ushort*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt16(long p, long i, int value) => ((ushort*)p)[i] = (ushort)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LoadUInt32(long p, long i) => ((uint*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt32(long p, long i, uint value) => ((uint*)p)[i] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadUInt64(long p, long i) => ((ulong*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt64(long p, long i, ulong value) => ((ulong*)p)[i] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadFloat16(long p, long i) => (float)((Half*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFloat16(long p, long i, float value) => ((Half*)p)[i] = (Half)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadBFloat16(long p, long i) => BFloat16Bits.ToSingle(((ushort*)p)[i]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBFloat16(long p, long i, float value) => ((ushort*)p)[i] = BFloat16Bits.FromSingle(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadFloat32(long p, long i) => ((float*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFloat32(long p, long i, float value) => ((float*)p)[i] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double LoadFloat64(long p, long i) => ((double*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFloat64(long p, long i, double value) => ((double*)p)[i] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load128<T>(long p, long i) where T : unmanaged => Vector128.Load((T*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store128<T>(long p, long i, Vector128<T> value) where T : unmanaged => value.Store((T*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load256<T>(long p, long i) where T : unmanaged => Vector256.Load((T*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store256<T>(long p, long i, Vector256<T> value) where T : unmanaged => value.Store((T*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load512<T>(long p, long i) where T : unmanaged => Vector512.Load((T*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store512<T>(long p, long i, Vector512<T> value) where T : unmanaged => value.Store((T*)p + i);

    public static void Fill(long p, long bytes) => new Span<byte>((void*)p, checked((int)bytes)).Fill(0xFF);
}
