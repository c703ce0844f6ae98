using System.Runtime.InteropServices;
using System.Text;

namespace Lathe.Peers;

/// <summary>
/// ONNX Runtime's C API, version 1: a table of function pointers whose order never changes. Handles are opaque pointers;
/// a function that can fail returns a status, which <see cref="Check"/> turns into an exception.
/// </summary>
internal sealed unsafe class OnnxRuntimeApi
{
    private const uint ApiVersion = 1;

    private readonly nint* _table;

    public OnnxRuntimeApi(string path)
    {
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new OnnxRuntimeException($"'{path}' could not be loaded: {e.Message}", e);
        }
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint entry))
            throw new OnnxRuntimeException($"'{path}' is not ONNX Runtime: it does not export OrtGetApiBase");
        var apiBase = ((delegate* unmanaged<nint*>)entry)();
        _table = ((delegate* unmanaged<uint, nint*>)apiBase[0])(ApiVersion);
        Version = Text(((delegate* unmanaged<byte*>)apiBase[1])());
        if (_table == null)
            throw new OnnxRuntimeException($"ONNX Runtime {Version} does not offer version {ApiVersion} of its C API");
    }

    public string Version { get; }

    /// <summary>Throws what a status says and releases it; a null status is success.</summary>
    public void Check(nint status)
    {
        if (status == 0)
            return;
        string message = Text(((delegate* unmanaged<nint, byte*>)_table[Slot.GetErrorMessage])(status));
        Release(Slot.ReleaseStatus, status);
        throw new OnnxRuntimeException($"ONNX Runtime: {message}");
    }

    public nint CreateEnv(int logLevel, string logId)
    {
        fixed (byte* id = Utf8(logId))
        {
            nint env;
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)_table[Slot.CreateEnv])(logLevel, id, &env));
            return env;
        }
    }

    public nint CreateSessionOptions()
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)_table[Slot.CreateSessionOptions])(&options));
        return options;
    }

    public void SetGraphOptimizationLevel(nint options, int level) => SetOption(Slot.SetSessionGraphOptimizationLevel, options, level);

    public void SetIntraOpThreads(nint options, int threads) => SetOption(Slot.SetIntraOpNumThreads, options, threads);

    public void SetInterOpThreads(nint options, int threads) => SetOption(Slot.SetInterOpNumThreads, options, threads);

    public nint CreateSession(nint env, ReadOnlySpan<byte> model, nint options)
    {
        fixed (byte* bytes = model)
        {
            nint session;
            Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)_table[Slot.CreateSessionFromArray])(
                env, bytes, (nuint)model.Length, options, &session));
            return session;
        }
    }

    public nint CreateSession(nint env, string path, nint options)
    {
        fixed (byte* name = Utf8(path))
        {
            nint session;
            Check(((delegate* unmanaged<nint, byte*, nint, nint*, nint>)_table[Slot.CreateSession])(env, name, options, &session));
            return session;
        }
    }

    public int InputCount(nint session) => GetCount(Slot.SessionGetInputCount, session);

    public int OutputCount(nint session) => GetCount(Slot.SessionGetOutputCount, session);

    public string InputName(nint session, int index) => GetName(Slot.SessionGetInputName, session, index);

    public string OutputName(nint session, int index) => GetName(Slot.SessionGetOutputName, session, index);

    public nint InputTypeInfo(nint session, int index) => GetTypeInfo(Slot.SessionGetInputTypeInfo, session, index);

    public nint OutputTypeInfo(nint session, int index) => GetTypeInfo(Slot.SessionGetOutputTypeInfo, session, index);

    /// <summary>The tensor part of a type, owned by it; zero when the type is not a tensor's.</summary>
    public nint TensorInfo(nint typeInfo)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[Slot.CastTypeInfoToTensorInfo])(typeInfo, &info));
        return info;
    }

    /// <summary>Type and shape of a tensor value; to be released by the caller.</summary>
    public nint TensorTypeAndShape(nint value)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[Slot.GetTensorTypeAndShape])(value, &info));
        return info;
    }

    public int ElementType(nint tensorInfo)
    {
        int type;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[Slot.GetTensorElementType])(tensorInfo, &type));
        return type;
    }

    /// <summary>Extents; -1 for those that the model leaves open.</summary>
    public long[] Dimensions(nint tensorInfo)
    {
        var dims = new long[GetCount(Slot.GetDimensionsCount, tensorInfo)];
        fixed (long* p = dims)
            Check(((delegate* unmanaged<nint, long*, nuint, nint>)_table[Slot.GetDimensions])(tensorInfo, p, (nuint)dims.Length));
        return dims;
    }

    /// <summary>The names of open extents; empty for numbers and for extents without a name.</summary>
    public string[] SymbolicDimensions(nint tensorInfo, int rank)
    {
        var names = new nint[rank];
        fixed (nint* p = names)
            Check(((delegate* unmanaged<nint, nint*, nuint, nint>)_table[Slot.GetSymbolicDimensions])(tensorInfo, p, (nuint)rank));
        return [.. names.Select(n => Text((byte*)n))];
    }

    public bool IsTensor(nint value)
    {
        int result;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[Slot.IsTensor])(value, &result));
        return result != 0;
    }

    public void* TensorData(nint value)
    {
        void* data;
        Check(((delegate* unmanaged<nint, void**, nint>)_table[Slot.GetTensorMutableData])(value, &data));
        return data;
    }

    public nint CreateCpuMemoryInfo()
    {
        const int deviceAllocator = 0, defaultMemory = 0;
        nint info;
        Check(((delegate* unmanaged<int, int, nint*, nint>)_table[Slot.CreateCpuMemoryInfo])(deviceAllocator, defaultMemory, &info));
        return info;
    }

    /// <summary>A tensor value over memory that stays the caller's and must outlive it.</summary>
    public nint CreateTensor(nint memoryInfo, void* data, nuint bytes, ReadOnlySpan<long> shape, int elementType)
    {
        fixed (long* dims = shape)
        {
            nint value;
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)_table[Slot.CreateTensorWithDataAsOrtValue])(
                memoryInfo, data, bytes, dims, (nuint)shape.Length, elementType, &value));
            return value;
        }
    }

    /// <summary>Runs a session. Zero entries of <paramref name="outputs"/> are allocated by it and become the caller's.</summary>
    public void Run(nint session, ReadOnlySpan<nint> inputNames, ReadOnlySpan<nint> inputs, ReadOnlySpan<nint> outputNames, Span<nint> outputs)
    {
        fixed (nint* inNames = inputNames, ins = inputs, outNames = outputNames, outs = outputs)
        {
            Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)_table[Slot.Run])(
                session, 0, inNames, ins, (nuint)inputs.Length, outNames, (nuint)outputs.Length, outs));
        }
    }

    /// <summary>Calls one of the release functions; a zero handle is let through.</summary>
    public void Release(int slot, nint handle)
    {
        if (handle != 0)
            ((delegate* unmanaged<nint, void>)_table[slot])(handle);
    }

    private void SetOption(int slot, nint options, int value) =>
        Check(((delegate* unmanaged<nint, int, nint>)_table[slot])(options, value));

    private int GetCount(int slot, nint handle)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_table[slot])(handle, &count));
        return checked((int)count);
    }

    private nint GetTypeInfo(int slot, nint session, int index)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)_table[slot])(session, (nuint)index, &info));
        return info;
    }

    private string GetName(int slot, nint session, int index)
    {
        nint allocator;
        Check(((delegate* unmanaged<nint*, nint>)_table[Slot.GetAllocatorWithDefaultOptions])(&allocator));
        byte* name;
        Check(((delegate* unmanaged<nint, nuint, nint, byte**, nint>)_table[slot])(session, (nuint)index, allocator, &name));
        string result = Text(name);
        Check(((delegate* unmanaged<nint, void*, nint>)_table[Slot.AllocatorFree])(allocator, name));
        return result;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>Places of functions in the table of version 1, counted from the head of the published structure.</summary>
    internal static class Slot
    {
        public const int GetErrorMessage = 2;
        public const int CreateEnv = 3;
        public const int CreateSession = 7;
        public const int CreateSessionFromArray = 8;
        public const int Run = 9;
        public const int CreateSessionOptions = 10;
        public const int SetSessionGraphOptimizationLevel = 23;
        public const int SetIntraOpNumThreads = 24;
        public const int SetInterOpNumThreads = 25;
        public const int SessionGetInputCount = 30;
        public const int SessionGetOutputCount = 31;
        public const int SessionGetInputTypeInfo = 33;
        public const int SessionGetOutputTypeInfo = 34;
        public const int SessionGetInputName = 36;
        public const int SessionGetOutputName = 37;
        public const int CreateTensorWithDataAsOrtValue = 49;
        public const int IsTensor = 50;
        public const int GetTensorMutableData = 51;
        public const int CastTypeInfoToTensorInfo = 55;
        public const int GetTensorElementType = 60;
        public const int GetDimensionsCount = 61;
        public const int GetDimensions = 62;
        public const int GetSymbolicDimensions = 63;
        public const int GetTensorTypeAndShape = 65;
        public const int CreateCpuMemoryInfo = 69;
        public const int AllocatorFree = 76;
        public const int GetAllocatorWithDefaultOptions = 78;
        public const int ReleaseEnv = 92;
        public const int ReleaseStatus = 93;
        public const int ReleaseMemoryInfo = 94;
        public const int ReleaseSession = 95;
        public const int ReleaseValue = 96;
        public const int ReleaseTypeInfo = 98;
        public const int ReleaseTensorTypeAndShapeInfo = 99;
        public const int ReleaseSessionOptions = 100;
    }
}
