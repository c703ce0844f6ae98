using System.Diagnostics.CodeAnalysis;
using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>A use of an operator as the function that imports it sees it.</summary>
internal sealed class NodeContext(ModelImporter importer, LiteOperator node, LiteOperatorCode code, Scope scope)
{
    private bool? _imaginary;

    public GraphBuilder Builder => importer.Builder;

    public ModelImporter Importer => importer;

    public Scope Scope => scope;

    public LiteOperator Operator => node;

    public LiteOperatorCode Code => code;

    /// <summary>The operator's options; fields that are left out have their defaults.</summary>
    public Options Options { get; } = new(node.Options);

    public int InputCount => node.Inputs.Length;

    public int OutputCount => node.Outputs.Length;

    /// <summary>Whether anything reads an output.</summary>
    public bool Needs(int output) => output < OutputCount && importer.IsNeeded(scope, node.Outputs[output]);

    public bool Has(int input) => input < InputCount && node.Inputs[input] >= 0;

    /// <summary>An operand that must be there.</summary>
    public Value In(int input) => !Has(input)
        ? throw new ModelException("LATHE3212", $"operand {input} is missing")
        : _imaginary is { } imaginary && scope.Find(node.Inputs[input]) is Slot.Complex complex ? imaginary ? complex.Imaginary : complex.Real : importer.Read(scope, node.Inputs[input]);

    /// <summary>The operator with one part of each complex operand in its place.</summary>
    public NodeContext Part(bool imaginary) => new(importer, node, code, scope) { _imaginary = imaginary };

    public Value? Optional(int input) => Has(input) ? In(input) : null;

    public Value[] InputsFrom(int first) => [.. Enumerable.Range(first, Math.Max(0, InputCount - first)).Select(In)];

    /// <summary>The variable that an operand stands for.</summary>
    public string Variable(int input) => Has(input) && scope.Find(node.Inputs[input]) is Slot.Variable variable
        ? variable.Key
        : throw Unsupported("its resource is not a variable that the model makes itself");

    public LiteTensor TensorOf(int input) => Has(input) ? scope.Tensor(node.Inputs[input]) : throw new ModelException("LATHE3212", $"operand {input} is missing");

    public LiteTensor OutputTensor(int output = 0) => output < OutputCount
        ? scope.Tensor(node.Outputs[output])
        : throw new ModelException("LATHE3212", $"output {output} is missing");

    public DType OutputElement(int output = 0) => TensorReader.Element(OutputTensor(output).Type, OutputTensor(output).Name);

    /// <summary>Whether an operand is integers that stand for reals.</summary>
    public bool IsQuantized(int input = 0) => Has(input) && IsQuantized(TensorOf(input));

    public bool IsOutputQuantized(int output = 0) => output < OutputCount && IsQuantized(OutputTensor(output));

    /// <summary>What an operand's integers stand for.</summary>
    public LiteQuantization Quantization(int input) => TensorOf(input).Quantization ?? throw new ModelException("LATHE3213", $"operand {input} is quantized and has no scale");

    public LiteQuantization OutputQuantization(int output = 0) =>
        OutputTensor(output).Quantization ?? throw new ModelException("LATHE3213", $"output {output} is quantized and has no scale");

    /// <summary>An operand whose value must be known now, because it is an attribute in Lathe.</summary>
    public Tensor Constant(int input, string what) => TryConstant(input) ?? importer.Folder.TryFold(In(input))
        ?? throw Unsupported($"its {what} depends on data that only a run gives");

    /// <summary>An operand that follows from the model's constants alone.</summary>
    public Tensor? TryConstant(int input) => Has(input) ? importer.PureFolder.TryFold(In(input)) : null;

    public long[] Ints(int input, string what)
    {
        var tensor = Constant(input, what);
        return !tensor.Type.IsFloat ? tensor.ToInt64Array() : throw new ModelException("LATHE3214", $"its {what} is {tensor} and should be integers");
    }

    /// <summary>The output's shape: as an operand says, or, where that depends on data, as the model declares it.</summary>
    public long[] IntsOrDeclared(int input)
    {
        var known = TryConstant(input) ?? importer.Folder.TryFold(In(input));
        return known is { Type.IsFloat: false } ? known.ToInt64Array() : [.. OutputTensor().Shape.Select(e => (long)e)];
    }

    /// <summary>Integers of which only a run may know some.</summary>
    public PartlyKnown.Number[] Numbers(int input) => PartlyKnown.Numbers(Builder, In(input), value => importer.PureFolder.TryFold(value) ?? importer.Folder.TryFold(value));

    public long Int(int input, string what) => Ints(input, what) is [var only] ? only : throw new ModelException("LATHE3214", $"its {what} should be one number");

    /// <summary>An axis of a value that an operand names.</summary>
    public int Axis(int input, Value of) => of.Shape.Axis(Int(input, "axis"));

    public Value Add(Op op, params ReadOnlySpan<Value> inputs) => Builder.Add(op, inputs);

    public Value ScalarLike(double value, Value like) => Builder.Scalar(value, like.Element);

    public Value Vector(params ReadOnlySpan<long> elements) => Builder.Constant(Tensor.Vector(elements));

    public Value Reshaped(Value value, Shape shape) => Builder.Reshaped(value, shape);

    /// <summary>A value with its axes in another order; of a constant, at once.</summary>
    public Value Permuted(Value value, params int[] permutation) => Builder.Permuted(value, permutation);

    /// <summary>The reals that an operand stands for: itself where it is float, else by its scale and zero point.</summary>
    public Value Real(int input)
    {
        var value = In(input);
        if (IsQuantized(input))
            return Operators.Quantization.Dequantized(this, value, Quantization(input));
        return value.Element.IsHalf ? Widened(value) : value;
    }

    /// <summary>Half-width floats as f32; of a constant, at once.</summary>
    public Value Widened(Value value) => value.Constant is { } stored ? Builder.Constant(stored.Cast(DType.Float32)) : Add(new Cast(DType.Float32), value);

    /// <summary>The error for what Lathe cannot do yet; the importer adds the operator's place and name.</summary>
    public UnsupportedException Unsupported(string reason) => new("LATHE3215", reason);

    [DoesNotReturn]
    public void Fail(string message) => throw new ModelException("LATHE3216", message);

    private static bool IsQuantized(LiteTensor tensor) =>
        tensor.Type is LiteType.Int8 or LiteType.UInt8 or LiteType.Int16 or LiteType.Int4 && tensor.Quantization is not null;
}
