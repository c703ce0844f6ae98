using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Text;

/// <summary>
/// Reads the text form of a graph. Nodes are made as written: two equal nodes stay two. Types are inferred anew and must be
/// what the text says.
/// </summary>
internal sealed class GraphParser(GraphLexer lexer, IReadOnlyDictionary<string, Tensor> constants)
{
    private readonly Dictionary<string, Value> _values = [];
    private readonly GraphBuilder _builder = new();

    private AttributeReader Attributes => new(lexer, constants);

    /// <summary>A whole text.</summary>
    public Graph Parse()
    {
        var graph = Graph();
        return lexer.AtEnd ? graph : throw lexer.Error("there is text after the graph");
    }

    /// <summary>A graph, whatever follows it.</summary>
    public Graph Graph()
    {
        lexer.Expect("graph");
        string name = lexer.Name();
        var inputs = Inputs();
        lexer.Expect('{');
        while (lexer.Peek() is '%' or '$')
        {
            if (lexer.Peek() == '$')
                Constant();
            else
                Node();
        }
        lexer.Expect("return");
        var outputs = new List<GraphOutput>();
        do
        {
            if (lexer.Peek() == '}' && outputs.Count == 0)
                break;
            string output = lexer.Name();
            lexer.Expect('=');
            outputs.Add(new(output, Operand()));
        }
        while (lexer.Accept(','));
        lexer.Expect('}');
        return new Graph(name, inputs, outputs);
    }

    private List<Value> Inputs()
    {
        var inputs = new List<Value>();
        lexer.Expect('(');
        while (!lexer.Accept(')'))
        {
            if (inputs.Count > 0)
                lexer.Expect(',');
            string name = lexer.Name();
            lexer.Expect(':');
            inputs.Add(_builder.Input(name, lexer.Type()));
            Define("input " + name, inputs[^1]);
        }
        return inputs;
    }

    private void Constant()
    {
        string name = Numbered();
        lexer.Expect(':');
        var type = lexer.Type();
        lexer.Expect('=');
        lexer.Expect("sha");
        lexer.Expect(':');
        string digest = lexer.Digits();
        if (!constants.TryGetValue(digest, out var tensor))
            throw lexer.Error($"the constant {name} (sha:{digest}) is not in the table of constants");
        if (tensor.Type != type.Element || tensor.Shape != type.Shape)
            throw lexer.Error($"the constant {name} is {tensor} in the table and {type} in the text");
        var op = new Constant(tensor);
        Define(name, new Node(op, [], op.Infer([]), Origin()).Output);
    }

    private void Node()
    {
        var names = new List<string> { Numbered() };
        while (lexer.Accept(','))
            names.Add(Numbered());
        lexer.Expect('=');
        var opType = Attributes.OpType(lexer.Identifier());
        var inputs = ImmutableArray.CreateBuilder<Value>();
        lexer.Expect('(');
        while (!lexer.Accept(')'))
        {
            if (inputs.Count > 0)
                lexer.Expect(',');
            inputs.Add(Operand());
        }
        var op = (Op)Attributes.Record(opType);
        string origin = Origin();
        var node = new Node(op, inputs.ToImmutable(), Infer(op, inputs), origin);
        lexer.Expect(':');
        if (node.Outputs.Length != names.Count)
            throw lexer.Error($"{op.Name} has {node.Outputs.Length} outputs and {names.Count} are named");
        for (int i = 0; i < names.Count; i++)
        {
            if (i > 0)
                lexer.Expect(',');
            var type = lexer.Type();
            if (type != node.Outputs[i].Type)
                throw lexer.Error($"{names[i]} is {node.Outputs[i].Type} and the text says {type}");
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
            throw lexer.Error($"{op.Name}: {e.Message}");
        }
    }

    private Value Operand()
    {
        char next = lexer.Peek();
        if (next is '%' or '$')
            return Find(Numbered());
        string name = next == '`' ? lexer.Name() : "";
        if (name.Length == 0)
        {
            var word = lexer.PeekIdentifier();
            if (DTypes.TryParse(word, out _))
                return _builder.Constant(Attributes.Tensor());
            name = lexer.Name();
        }
        return Find("input " + name);
    }

    private string Origin() => lexer.Peek() == '\'' ? lexer.Quoted('\'') : "";

    private string Numbered()
    {
        char sigil = lexer.Peek();
        if (sigil is not ('%' or '$'))
            throw lexer.Error("a value (%0, $0) is expected");
        lexer.Accept(sigil);
        return sigil + lexer.Digits();
    }

    private void Define(string name, Value value)
    {
        if (!_values.TryAdd(name, value))
            throw lexer.Error($"'{name}' is defined twice");
    }

    private Value Find(string name) => _values.TryGetValue(name, out var value) ? value : throw lexer.Error($"'{name}' is not defined");
}
