using Lathe.Tensors;
using Slot = Lathe.Peers.OnnxRuntimeApi.Slot;

namespace Lathe.Peers;

/// <summary>A model that ONNX Runtime has loaded. Not for use by several threads at once.</summary>
public sealed class OnnxRuntimeSession : IDisposable
{
    private nint _session;

    internal OnnxRuntimeSession(OnnxRuntimeApi api, nint session)
    {
        (Api, _session) = (api, session);
        Inputs = [.. Enumerable.Range(0, api.InputCount(session))
            .Select(i => Describe(api.InputName(session, i), api.InputTypeInfo(session, i)))];
        Outputs = [.. Enumerable.Range(0, api.OutputCount(session))
            .Select(i => Describe(api.OutputName(session, i), api.OutputTypeInfo(session, i)))];
    }

    public IReadOnlyList<PeerValue> Inputs { get; }

    public IReadOnlyList<PeerValue> Outputs { get; }

    internal OnnxRuntimeApi Api { get; }

    internal nint Handle => _session != 0 ? _session : throw new ObjectDisposedException(nameof(OnnxRuntimeSession));

    /// <summary>Runs once and gives copies of all outputs by name.</summary>
    /// <param name="inputs">By name; an input that has a default in the model may be left out.</param>
    public IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var call = Bind(inputs);
        return call.Outputs;
    }

    /// <summary>Prepares repeated runs on the same inputs, so that a run copies and allocates nothing. Runs the model once.</summary>
    public OnnxRuntimeCall Bind(IReadOnlyDictionary<string, Tensor> inputs) => new(this, inputs);

    public void Dispose()
    {
        Api.Release(Slot.ReleaseSession, _session);
        _session = 0;
    }

    private PeerValue Describe(string name, nint typeInfo)
    {
        try
        {
            nint tensor = Api.TensorInfo(typeInfo);
            if (tensor == 0)
                return new PeerValue(name, null, Shape.Scalar);
            long[] extents = Api.Dimensions(tensor);
            string[] symbols = Api.SymbolicDimensions(tensor, extents.Length);
            var dims = extents.Select((extent, i) => extent >= 0 ? extent : Dim.Named(symbols[i] is "" ? $"{name}_{i}" : symbols[i]));
            return new PeerValue(name, OnnxRuntimeElementTypes.FromNumber(Api.ElementType(tensor)), Shape.Create([.. dims]));
        }
        finally
        {
            Api.Release(Slot.ReleaseTypeInfo, typeInfo);
        }
    }
}
