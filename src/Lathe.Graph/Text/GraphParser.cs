using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Text;

/// <summary>
/// Reads the text form of a graph. Nodes are made as written: two equal nodes stay two. Types are inferred anew and must be
/// what the text says.
/// </summary>
internal sealed class GraphParser(string text, IReadOnlyDictionary<string, Tensor> constants)
{
    private readonly GraphLexer _lexer = new(text);
    private readonly Dictionary<string, Value> _values = [];
    private readonly GraphBuilder _builder = new();

    private AttributeReader Attributes => new(_lexer);

    public Graph Parse()
    {
        _lexer.Expect("graph");
        string name = _lexer.Name();
        var inputs = Inputs();
        _lexer.Expect('{');
        while (_lexer.Peek() is '%' or '$')
        {
            if (_lexer.Peek() == '$')
                Constant();
            else
                Node();
        }
        _lexer.Expect("return");
        var outputs = new List<GraphOutput>();
        do
        {
            if (_lexer.Peek() == '}' && outputs.Count == 0)
                break;
            string output = _lexer.Name();
            _lexer.Expect('=');
            outputs.Add(new(output, Operand()));
        }
        while (_lexer.Accept(','));
        _lexer.Expect('}');
        return _lexer.AtEnd ? new Graph(name, inputs, outputs) : throw _lexer.Error("there is text after the graph");
    }

    private List<Value> Inputs()
    {
        var inputs = new List<Value>();
        _lexer.Expect('(');
        while (!_lexer.Accept(')'))
        {
            if (inputs.Count > 0)
                _lexer.Expect(',');
            string name = _lexer.Name();
            _lexer.Expect(':');
            inputs.Add(_builder.Input(name, _lexer.Type()));
            Define("input " + name, inputs[^1]);
        }
        return inputs;
    }

    private void Constant()
    {
        string name = Numbered();
        _lexer.Expect(':');
        var type = _lexer.Type();
        _lexer.Expect('=');
        _lexer.Expect("sha");
        _lexer.Expect(':');
        string digest = _lexer.Digits();
        if (!constants.TryGetValue(digest, out var tensor))
            throw _lexer.Error($"the constant {name} (sha:{digest}) is not in the table of constants");
        if (tensor.Type != type.Element || tensor.Shape != type.Shape)
            throw _lexer.Error($"the constant {name} is {tensor} in the table and {type} in the text");
        var op = new Constant(tensor);
        Define(name, new Node(op, [], op.Infer([]), Origin()).Output);
    }

    private void Node()
    {
        var names = new List<string> { Numbered() };
        while (_lexer.Accept(','))
            names.Add(Numbered());
        _lexer.Expect('=');
        var opType = Attributes.OpType(_lexer.Identifier());
        var inputs = ImmutableArray.CreateBuilder<Value>();
        _lexer.Expect('(');
        while (!_lexer.Accept(')'))
        {
            if (inputs.Count > 0)
                _lexer.Expect(',');
            inputs.Add(Operand());
        }
        var op = (Op)Attributes.Record(opType);
        string origin = Origin();
        var node = new Node(op, inputs.ToImmutable(), Infer(op, inputs), origin);
        _lexer.Expect(':');
        if (node.Outputs.Length != names.Count)
            throw _lexer.Error($"{op.Name} has {node.Outputs.Length} outputs and {names.Count} are named");
        for (int i = 0; i < names.Count; i++)
        {
            if (i > 0)
                _lexer.Expect(',');
            var type = _lexer.Type();
            if (type != node.Outputs[i].Type)
                throw _lexer.Error($"{names[i]} is {node.Outputs[i].Type} and the text says {type}");
            Define(names[i], node.Outputs[i]);
        }
    }

    private EquatableArray<TensorType> Infer(Op op, IEnumerable<Value> inputs)
    {
        try
        {
            return op.Infer([.. inputs.Select(i => i.Type)]);
        }
        catch (ModelException e)
        {
            throw _lexer.Error($"{op.Name}: {e.Message}");
        }
    }

    private Value Operand()
    {
        char next = _lexer.Peek();
        if (next is '%' or '$')
            return Find(Numbered());
        string name = next == '`' ? _lexer.Name() : "";
        if (name.Length == 0)
        {
            var word = _lexer.PeekIdentifier();
            if (DTypes.TryParse(word, out _))
                return _builder.Constant(Attributes.Tensor());
            name = _lexer.Name();
        }
        return Find("input " + name);
    }

    private string Origin() => _lexer.Peek() == '\'' ? _lexer.Quoted('\'') : "";

    private string Numbered()
    {
        char sigil = _lexer.Peek();
        if (sigil is not ('%' or '$'))
            throw _lexer.Error("a value (%0, $0) is expected");
        _lexer.Accept(sigil);
        return sigil + _lexer.Digits();
    }

    private void Define(string name, Value value)
    {
        if (!_values.TryAdd(name, value))
            throw _lexer.Error($"'{name}' is defined twice");
    }

    private Value Find(string name) => _values.TryGetValue(name, out var value) ? value : throw _lexer.Error($"'{name}' is not defined");
}
