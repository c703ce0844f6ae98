using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using Lathe.Tensors;

namespace Lathe.Graphs.Text;

/// <summary>Reads attribute values of the types that ops' members have.</summary>
/// <param name="constants">Large constants of graphs among the attributes.</param>
internal sealed class AttributeReader(GraphLexer lexer, IReadOnlyDictionary<string, Tensor> constants)
{
    private static readonly Lazy<Dictionary<string, Type>> OpTypes = new(() => typeof(Op).Assembly.GetTypes()
        .Where(t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract)
        .ToDictionary(t => t.Name));

    public Type OpType(string name) => OpTypes.Value.TryGetValue(name, out var type) ? type : throw lexer.Error($"there is no op '{name}'");

    /// <summary>A record from <c>{Name=value, ...}</c>; where no brace follows, one without members.</summary>
    public object Record(Type type)
    {
        var members = AttributeText.MembersOf(type);
        var values = new Dictionary<string, object?>();
        if (lexer.Accept('{'))
        {
            while (!lexer.Accept('}'))
            {
                if (values.Count > 0)
                    lexer.Expect(',');
                string name = lexer.Identifier();
                lexer.Expect('=');
                var member = members.FirstOrDefault(m => m.Name == name) ?? throw lexer.Error($"{type.Name} has no attribute '{name}'");
                if (!values.TryAdd(name, Value(member.PropertyType)))
                    throw lexer.Error($"the attribute '{name}' is given twice");
            }
        }
        var constructor = AttributeText.Constructor(type);
        var arguments = constructor.GetParameters().Select(p => values.TryGetValue(p.Name!, out object? value)
            ? value
            : throw lexer.Error($"{type.Name}'s attribute '{p.Name}' is missing"));
        object record;
        try
        {
            record = constructor.Invoke([.. arguments]);
        }
        catch (TargetInvocationException e) when (e.InnerException is LatheException inner)
        {
            throw lexer.Error(inner.Message);
        }
        foreach (var member in members.Skip(constructor.GetParameters().Length))
            if (values.TryGetValue(member.Name, out object? value))
                member.SetValue(record, value);
        return record;
    }

    public Tensor Tensor()
    {
        var type = lexer.Type();
        if (type.Shape.ElementCount > GraphText.InlineElements)
            throw lexer.Error($"a constant in the text has at most {GraphText.InlineElements} elements");
        var tensor = Tensors.Tensor.Zeros(type.Element, type.Shape);
        lexer.Expect('{');
        for (long i = 0; i < tensor.Count; i++)
        {
            if (i > 0)
                lexer.Expect(',');
            string number = lexer.Number();
            if (type.Element == DType.UInt64)
                tensor.SetInt64(i, unchecked((long)Parse<ulong>(number)));
            else if (type.Element.IsFloat)
                tensor.SetDouble(i, Float(number));
            else
                tensor.SetInt64(i, Parse<long>(number));
        }
        lexer.Expect('}');
        return tensor;
    }

    private object? Value(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return lexer.AcceptWord("none") ? null : Value(underlying);
        if (type == typeof(bool))
            return lexer.Identifier() switch { "true" => true, "false" => false, var w => throw lexer.Error($"'{w}' is not true or false") };
        if (type == typeof(string))
            return lexer.Peek() == '"' ? lexer.Quoted('"') : lexer.AcceptWord("none") ? null : throw lexer.Error("a string is expected");
        if (type == typeof(long))
            return Parse<long>(lexer.Number());
        if (type == typeof(int))
            return Parse<int>(lexer.Number());
        if (type == typeof(double))
            return Float(lexer.Number());
        if (type == typeof(float))
            return (float)Float(lexer.Number());
        if (type == typeof(DType))
            return lexer.Element();
        if (type.IsEnum)
            return lexer.Identifier() is var name && Enum.TryParse(type, name, out object? e) ? e : throw lexer.Error($"'{name}' is not a {type.Name}");
        if (type == typeof(Shape))
            return lexer.AcceptWord("none") ? null : lexer.Shape();
        if (type == typeof(Dim))
            return lexer.Dim();
        if (type == typeof(Tensor))
            return lexer.AcceptWord("none") ? null : Tensor();
        if (type == typeof(TensorType))
            return lexer.AcceptWord("none") ? null : lexer.Type();
        if (type.IsGenericType && type.GetGenericTypeDefinition() is var generic && (generic == typeof(EquatableArray<>) || generic == typeof(ImmutableArray<>)))
            return List(type, type.GetGenericArguments()[0]);
        if (!type.IsValueType && lexer.AcceptWord("none"))
            return null;
        if (type == typeof(Graph))
            return new GraphParser(lexer, constants).Graph();
        return typeof(Op).IsAssignableFrom(type) ? Record(OpType(lexer.Identifier())) : Record(type);
    }

    private object List(Type type, Type element)
    {
        lexer.Expect('[');
        var items = new List<object?>();
        while (!lexer.Accept(']'))
        {
            if (items.Count > 0)
                lexer.Expect(',');
            items.Add(Value(element));
        }
        var array = Array.CreateInstance(element, items.Count);
        for (int i = 0; i < items.Count; i++)
            array.SetValue(items[i], i);
        var create = typeof(ImmutableArray).GetMethods()
            .Single(m => m.Name == nameof(ImmutableArray.CreateRange) && m.GetGenericArguments().Length == 1 && m.GetParameters().Length == 1)
            .MakeGenericMethod(element);
        object immutable = create.Invoke(null, [array])!;
        return type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) ? immutable : Activator.CreateInstance(type, immutable)!;
    }

    private T Parse<T>(string number) where T : ISpanParsable<T> =>
        T.TryParse(number, CultureInfo.InvariantCulture, out var value) ? value : throw lexer.Error($"'{number}' is not an integer of the right size");

    private double Float(string number) => number switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" => double.NaN,
        _ => double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw lexer.Error($"'{number}' is not a number"),
    };
}
