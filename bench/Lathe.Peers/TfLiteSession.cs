using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Peers;

/// <summary>A model that TensorFlow Lite has loaded. Not for use by several threads at once.</summary>
public sealed unsafe class TfLiteSession : IDisposable
{
    private const int Ok = 0;

    private readonly TfLite _library;
    private void* _bytes;
    private nint _model;
    private nint _interpreter;
    private nint _delegate;

    internal TfLiteSession(TfLite library, ReadOnlySpan<byte> model, int threads, IReadOnlyDictionary<string, Shape>? shapes, bool xnnpack)
    {
        _library = library;
        _bytes = NativeMemory.AlignedAlloc((nuint)model.Length, 64);
        model.CopyTo(new Span<byte>(_bytes, model.Length));
        try
        {
            _model = ((delegate* unmanaged<void*, nuint, nint>)F("TfLiteModelCreate"))(_bytes, (nuint)model.Length);
            if (_model == 0)
                throw new TfLiteException("TensorFlow Lite cannot read the model");
            _interpreter = xnnpack ? Interpreter(threads, Xnnpack(threads)) : 0;
            UsesXnnpack = _interpreter != 0;
            if (!UsesXnnpack)
                _interpreter = Interpreter(threads, 0);
            if (_interpreter == 0)
                throw new TfLiteException("TensorFlow Lite refuses the model");
            Resize(shapes);
            Check(((delegate* unmanaged<nint, int>)F("TfLiteInterpreterAllocateTensors"))(_interpreter), "allocate the model's tensors");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether XNNPACK runs a part of the model; it refuses some that the library itself runs.</summary>
    public bool UsesXnnpack { get; }

    public int InputCount => ((delegate* unmanaged<nint, int>)F("TfLiteInterpreterGetInputTensorCount"))(Handle);

    public int OutputCount => ((delegate* unmanaged<nint, int>)F("TfLiteInterpreterGetOutputTensorCount"))(Handle);

    /// <summary>The inputs in the model's order; names may repeat.</summary>
    public IReadOnlyList<PeerValue> Inputs => [.. Enumerable.Range(0, InputCount).Select(i => Describe(Input(i)))];

    public IReadOnlyList<PeerValue> Outputs => [.. Enumerable.Range(0, OutputCount).Select(i => Describe(Output(i)))];

    private nint Handle => _interpreter != 0 ? _interpreter : throw new ObjectDisposedException(nameof(TfLiteSession));

    public void SetInput(int index, Tensor tensor)
    {
        nint input = Input(index);
        var type = Describe(input);
        if (type.Type != tensor.Type || type.Shape.ElementCount != tensor.Count)
            throw new TfLiteException($"input {index} is {type.Type} {type.Shape} and was given {tensor}");
        fixed (byte* data = tensor.Bytes.Span)
            Check(((delegate* unmanaged<nint, void*, nuint, int>)F("TfLiteTensorCopyFromBuffer"))(input, data, (nuint)tensor.Bytes.Length), "take an input");
    }

    public void Invoke() => Check(((delegate* unmanaged<nint, int>)F("TfLiteInterpreterInvoke"))(Handle), "run the model");

    /// <summary>A copy of an output of the last run.</summary>
    public Tensor GetOutput(int index)
    {
        nint output = Output(index);
        var type = Describe(output);
        var tensor = Tensor.Zeros(type.Type ?? throw new TfLiteException($"output {index} is not numeric"), type.Shape);
        fixed (byte* data = tensor.Bytes.Span)
            Check(((delegate* unmanaged<nint, void*, nuint, int>)F("TfLiteTensorCopyToBuffer"))(output, data, (nuint)tensor.Bytes.Length), "give an output");
        return tensor;
    }

    /// <summary>Runs once on inputs in the model's order and gives copies of all outputs in theirs.</summary>
    public IReadOnlyList<Tensor> Run(IReadOnlyList<Tensor> inputs)
    {
        for (int i = 0; i < inputs.Count; i++)
            SetInput(i, inputs[i]);
        Invoke();
        return [.. Enumerable.Range(0, OutputCount).Select(GetOutput)];
    }

    public void Dispose()
    {
        if (_interpreter != 0)
            ((delegate* unmanaged<nint, void>)F("TfLiteInterpreterDelete"))(_interpreter);
        if (_delegate != 0)
            ((delegate* unmanaged<nint, void>)F("TfLiteXNNPackDelegateDelete"))(_delegate);
        if (_model != 0)
            ((delegate* unmanaged<nint, void>)F("TfLiteModelDelete"))(_model);
        NativeMemory.AlignedFree(_bytes);
        _interpreter = _delegate = _model = 0;
        _bytes = null;
    }

    /// <summary>0 where TensorFlow Lite refuses the model.</summary>
    private nint Interpreter(int threads, nint xnnpack)
    {
        nint options = ((delegate* unmanaged<nint>)F("TfLiteInterpreterOptionsCreate"))();
        ((delegate* unmanaged<nint, int, void>)F("TfLiteInterpreterOptionsSetNumThreads"))(options, threads);
        if (xnnpack != 0)
            ((delegate* unmanaged<nint, nint, void>)F("TfLiteInterpreterOptionsAddDelegate"))(options, xnnpack);
        nint interpreter = ((delegate* unmanaged<nint, nint, nint>)F("TfLiteInterpreterCreate"))(_model, options);
        ((delegate* unmanaged<nint, void>)F("TfLiteInterpreterOptionsDelete"))(options);
        return interpreter;
    }

    private nint Xnnpack(int threads)
    {
        var options = ((delegate* unmanaged<XnnpackOptions>)F("TfLiteXNNPackDelegateOptionsDefault"))();
        options.Threads = threads;
        options.Flags |= XnnpackOptions.SignedIntegers | XnnpackOptions.UnsignedIntegers;
        return _delegate = ((delegate* unmanaged<XnnpackOptions*, nint>)F("TfLiteXNNPackDelegateCreate"))(&options);
    }

    private void Resize(IReadOnlyDictionary<string, Shape>? shapes)
    {
        for (int i = 0; shapes is not null && i < InputCount; i++)
        {
            if (!shapes.TryGetValue(Describe(Input(i)).Name, out var shape))
                continue;
            int[] dims = [.. shape.ToArray().Select(d => (int)d)];
            fixed (int* p = dims)
                Check(((delegate* unmanaged<nint, int, int*, int, int>)F("TfLiteInterpreterResizeInputTensor"))(Handle, i, p, dims.Length), "resize an input");
        }
    }

    private PeerValue Describe(nint tensor)
    {
        int rank = ((delegate* unmanaged<nint, int>)F("TfLiteTensorNumDims"))(tensor);
        var shape = Shape.Of(Enumerable.Range(0, rank).Select(i => (long)((delegate* unmanaged<nint, int, int>)F("TfLiteTensorDim"))(tensor, i)));
        string name = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)F("TfLiteTensorName"))(tensor)) ?? "";
        return new(name, Element(((delegate* unmanaged<nint, int>)F("TfLiteTensorType"))(tensor)), shape);
    }

    private nint Input(int index) => ((delegate* unmanaged<nint, int, nint>)F("TfLiteInterpreterGetInputTensor"))(Handle, index);

    private nint Output(int index) => ((delegate* unmanaged<nint, int, nint>)F("TfLiteInterpreterGetOutputTensor"))(Handle, index);

    private nint F(string name) => _library.Function(name);

    private static void Check(int status, string what)
    {
        if (status != Ok)
            throw new TfLiteException($"TensorFlow Lite could not {what} (status {status})");
    }

    /// <summary>The C interface's numbers for element types.</summary>
    private static DType? Element(int type) => type switch
    {
        1 => DType.Float32,
        2 => DType.Int32,
        3 => DType.UInt8,
        4 => DType.Int64,
        6 => DType.Bool,
        7 => DType.Int16,
        9 => DType.Int8,
        10 => DType.Float16,
        11 => DType.Float64,
        13 => DType.UInt64,
        16 => DType.UInt32,
        17 => DType.UInt16,
        _ => null,
    };

    /// <summary>The library's TfLiteXNNPackDelegateOptions, of version 2.9.</summary>
    private struct XnnpackOptions
    {
        public const uint SignedIntegers = 1, UnsignedIntegers = 2;

        public int Threads;
        public uint Flags;
        public nint WeightsCache;
    }
}
