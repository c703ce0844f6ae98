using System.Diagnostics.CodeAnalysis;
using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>A node as the function that imports it sees it.</summary>
internal sealed class NodeContext(ModelImporter importer, GraphNode node, Scope scope)
{
    private bool? _imaginary;

    public GraphBuilder Builder => importer.Builder;

    public ModelImporter Importer => importer;

    public Scope Scope => scope;

    public GraphNode Node => node;

    public string Name => node.Name;

    public string Op => node.Op;

    public IReadOnlyList<string> Controls => node.Controls;

    public Attributes Attributes { get; } = new(node.Definition);

    public int InputCount => node.Inputs.Length;

    public bool Has(int input) => input < InputCount;

    public Slot Slot(int input) => importer.ReadSlot(scope, At(input));

    /// <summary>An operand that must be there.</summary>
    public Value In(int input) => _imaginary is { } imaginary && Slot(input) is Importing.Slot.Complex complex
        ? imaginary ? complex.Imaginary : complex.Real
        : importer.Read(scope, At(input));

    /// <summary>The node with one part of each complex operand in its place.</summary>
    public NodeContext Part(bool imaginary) => new(importer, node, scope) { _imaginary = imaginary };

    public Value[] InputsFrom(int first, int? count = null) => [.. Enumerable.Range(first, Math.Max(0, count ?? (InputCount - first))).Select(In)];

    /// <summary>An operand whose value must be known now, because it is an attribute in Lathe.</summary>
    public Tensor Constant(int input, string what) => TryConstant(input) ?? importer.Folder.TryFold(In(input))
        ?? throw Unsupported($"its {what} depends on data that only a run gives");

    /// <summary>An operand that follows from the model's constants alone.</summary>
    public Tensor? TryConstant(int input) => importer.PureFolder.TryFold(In(input));

    public long[] Ints(int input, string what)
    {
        var tensor = Constant(input, what);
        return !tensor.Type.IsFloat ? tensor.ToInt64Array() : throw new ModelException("LATHE3543", $"its {what} is {tensor} and should be integers");
    }

    /// <summary>Integers of which only a run may know some.</summary>
    public PartlyKnown.Number[] Numbers(int input) => PartlyKnown.Numbers(Builder, In(input), value => importer.PureFolder.TryFold(value) ?? importer.Folder.TryFold(value));

    public long Int(int input, string what) => Ints(input, what) is [var only] ? only : throw new ModelException("LATHE3543", $"its {what} should be one number");

    public double Number(int input, string what) => Constant(input, what) is { Count: 1 } only ? only.GetDouble(0) : throw new ModelException("LATHE3543", $"its {what} should be one number");

    /// <summary>An axis of a value that an operand names.</summary>
    public int Axis(int input, Value of) => of.Shape.Axis(Int(input, "axis"));

    /// <summary>Constant texts.</summary>
    public StringTensor Texts(int input) => OfKind<Importing.Slot.Texts>(input, "text that is known").Tensor;

    public Importing.Slot.Tensors Tensors(int input) => Slot(input) is Importing.Slot.Stacked { Whole: var whole }
        ? new(whole.Element, [.. whole.Shape.Skip(1)], [.. Builder.Unpacked(whole, 0)])
        : OfKind<Importing.Slot.Tensors>(input, "a list of tensors of known length");

    public Importing.Slot.Variable Variable(int input) => OfKind<Importing.Slot.Variable>(input, "a variable");

    public Importing.Slot.Table Table(int input) => OfKind<Importing.Slot.Table>(input, "a table");

    public Value Add(Op op, params ReadOnlySpan<Value> inputs) => Builder.Add(op, inputs);

    public Value ScalarLike(double value, Value like) => Builder.Scalar(value, like.Element);

    public Value Reshaped(Value value, Shape shape) => Builder.Reshaped(value, shape);

    public Value Permuted(Value value, params int[] permutation) => Builder.Permuted(value, permutation);

    public Value Constant(Tensor tensor) => Builder.Constant(tensor);

    /// <summary>The error for what Lathe cannot do yet; the importer adds the node's name.</summary>
    public UnsupportedException Unsupported(string reason) => new("LATHE3532", reason);

    [DoesNotReturn]
    public void Fail(string message) => throw Misfit.Of(message);

    public string Describe() => $"node '{(scope.Body.Name.Length > 0 ? $"{node.Name}' of '{scope.Body.Name}" : node.Name)}' ({node.Op})";

    private T OfKind<T>(int input, string what) where T : Slot
    {
        var slot = Slot(input);
        if (slot is T wanted)
            return wanted;
        if (slot is Importing.Slot.Lacking or Importing.Slot.Dead)
            importer.ValueOf(slot, At(input));
        throw Unsupported($"its operand {input} is not {what}");
    }

    private Endpoint At(int input) => input >= 0 && input < InputCount ? node.Inputs[input] : throw new ModelException("LATHE3544", $"operand {input} is missing");
}
