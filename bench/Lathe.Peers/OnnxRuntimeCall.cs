using System.Runtime.InteropServices;
using System.Text;
using Lathe.Tensors;
using Slot = Lathe.Peers.OnnxRuntimeApi.Slot;

namespace Lathe.Peers;

/// <summary>A session bound to inputs and to memory for its outputs, ready to be run many times.</summary>
public sealed unsafe class OnnxRuntimeCall : IDisposable
{
    private const nuint Alignment = 64;

    private readonly OnnxRuntimeSession _session;
    private readonly List<nint> _memory = [];
    private readonly nint[] _inputNames;
    private readonly nint[] _inputs;
    private readonly nint[] _outputNames;
    private readonly nint[] _outputs;
    private bool _disposed;

    internal OnnxRuntimeCall(OnnxRuntimeSession session, IReadOnlyDictionary<string, Tensor> inputs)
    {
        _session = session;
        foreach (string name in inputs.Keys)
        {
            if (session.Inputs.All(i => i.Name != name))
                throw new OnnxRuntimeException($"the model has no input '{name}'; it has {string.Join(", ", session.Inputs.Select(i => i.Name))}");
        }
        string[] given = [.. session.Inputs.Select(i => i.Name).Where(inputs.ContainsKey)];
        _inputNames = [.. given.Select(CopyName)];
        _outputNames = [.. session.Outputs.Select(o => CopyName(o.Name))];
        _inputs = new nint[given.Length];
        _outputs = new nint[_outputNames.Length];
        try
        {
            for (int i = 0; i < given.Length; i++)
                _inputs[i] = Copy(inputs[given[i]]);
            Run();
            for (int i = 0; i < _outputs.Length; i++)
                TakeOver(ref _outputs[i]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Copies of the outputs of the last run, by name. Throws where one is not a numeric tensor.</summary>
    public IReadOnlyDictionary<string, Tensor> Outputs =>
        _session.Outputs.Select((output, i) => (output.Name, Value: Read(output.Name, _outputs[i]))).ToDictionary(o => o.Name, o => o.Value);

    public void Run() => _session.Api.Run(_session.Handle, _inputNames, _inputs, _outputNames, _outputs);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (nint value in _inputs.Concat(_outputs))
            _session.Api.Release(Slot.ReleaseValue, value);
        foreach (nint memory in _memory)
            NativeMemory.AlignedFree((void*)memory);
    }

    private nint Copy(Tensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        void* data = Allocate(bytes.Length);
        bytes.CopyTo(new Span<byte>(data, bytes.Length));
        return Wrap(data, bytes.Length, tensor.Shape.ToArray(), OnnxRuntimeElementTypes.ToNumber(tensor.Type));
    }

    /// <summary>Replaces a tensor that the runtime allocated by one over memory of ours, so that the next run writes there.</summary>
    private void TakeOver(ref nint value)
    {
        var api = _session.Api;
        if (value == 0 || !api.IsTensor(value))
            return;
        var (number, shape) = TypeOf(value);
        if (OnnxRuntimeElementTypes.FromNumber(number) is not { } type)
            return;
        int bytes = Tensor.ByteCount(type, Shape.Of(shape));
        void* data = Allocate(bytes);
        new ReadOnlySpan<byte>(api.TensorData(value), bytes).CopyTo(new Span<byte>(data, bytes));
        nint own = Wrap(data, bytes, shape, number);
        api.Release(Slot.ReleaseValue, value);
        value = own;
    }

    private Tensor Read(string name, nint value)
    {
        var api = _session.Api;
        if (value == 0 || !api.IsTensor(value))
            throw new OnnxRuntimeException($"the output '{name}' is not a tensor");
        var (number, shape) = TypeOf(value);
        var type = OnnxRuntimeElementTypes.FromNumber(number)
            ?? throw new OnnxRuntimeException($"the output '{name}' has element type {number}, which is not numeric");
        var tensor = Tensor.Zeros(type, Shape.Of(shape));
        if (tensor.Bytes.Length > 0)
            new ReadOnlySpan<byte>(api.TensorData(value), tensor.Bytes.Length).CopyTo(tensor.Bytes.Span);
        return tensor;
    }

    private (int ElementType, long[] Shape) TypeOf(nint value)
    {
        var api = _session.Api;
        nint info = api.TensorTypeAndShape(value);
        try
        {
            return (api.ElementType(info), api.Dimensions(info));
        }
        finally
        {
            api.Release(Slot.ReleaseTensorTypeAndShapeInfo, info);
        }
    }

    private nint Wrap(void* data, int bytes, long[] shape, int elementType)
    {
        var api = _session.Api;
        nint memory = api.CreateCpuMemoryInfo();
        try
        {
            return api.CreateTensor(memory, data, (nuint)bytes, shape, elementType);
        }
        finally
        {
            api.Release(Slot.ReleaseMemoryInfo, memory);
        }
    }

    private nint CopyName(string name)
    {
        int length = Encoding.UTF8.GetByteCount(name);
        var text = new Span<byte>(Allocate(length + 1), length + 1);
        Encoding.UTF8.GetBytes(name, text);
        text[length] = 0;
        fixed (byte* start = text)
            return (nint)start;
    }

    private void* Allocate(int bytes)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Alignment);
        _memory.Add((nint)memory);
        return memory;
    }
}
