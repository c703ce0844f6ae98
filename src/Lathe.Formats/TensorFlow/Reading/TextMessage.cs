using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>Reads protobuf messages in their text form: <c>name: value</c> and <c>name { ... }</c>. Fields that a message has not are passed over.</summary>
internal sealed class TextMessage(TextTokens tokens)
{
    private const int MaxDepth = 100;

    public static T Parse<T>(string text, T message) where T : IMessage
    {
        new TextMessage(new TextTokens(text)).Fields(message, "", 0);
        return message;
    }

    /// <summary>Fields up to the end, or the bracket that closes the message. A null message is passed over.</summary>
    private void Fields(IMessage? message, string end, int depth)
    {
        if (depth > MaxDepth)
            throw tokens.Error($"messages are nested deeper than {MaxDepth}");
        while (!tokens.TakeIf(end))
        {
            string name = tokens.Name();
            var field = message?.Descriptor.FindFieldByName(name);
            bool hasColon = tokens.TakeIf(":");
            if (tokens.TakeIf("["))
            {
                while (!tokens.TakeIf("]"))
                {
                    Value(message, field, hasColon, depth);
                    tokens.TakeIf(",");
                }
            }
            else
            {
                Value(message, field, hasColon, depth);
            }
            if (!tokens.TakeIf(","))
                tokens.TakeIf(";");
        }
    }

    private void Value(IMessage? message, FieldDescriptor? field, bool hasColon, int depth)
    {
        string? close = tokens.TakeIf("{") ? "}" : tokens.TakeIf("<") ? ">" : null;
        if (close is null)
        {
            if (!hasColon)
                throw tokens.Error("a value was expected");
            string scalar = tokens.Scalar(out byte[]? quoted);
            if (field is not null && field.FieldType != FieldType.Message)
                Put(message!, field, Converted(field, scalar, quoted));
            return;
        }
        if (field is null || field.FieldType != FieldType.Message)
        {
            Fields(null, close, depth + 1);
            return;
        }
        if (field.IsMap)
        {
            Entry(message!, field, close, depth + 1);
            return;
        }
        // A message that comes again adds to the one before.
        var inner = (field.IsRepeated ? null : (IMessage?)field.Accessor.GetValue(message!)) ?? field.MessageType.Parser.ParseFrom([]);
        Fields(inner, close, depth + 1);
        Put(message!, field, inner);
    }

    private void Entry(IMessage message, FieldDescriptor field, string close, int depth)
    {
        var valueField = field.MessageType.FindFieldByNumber(2);
        object? key = null;
        object? value = valueField.FieldType == FieldType.Message ? valueField.MessageType.Parser.ParseFrom([]) : "";
        while (!tokens.TakeIf(close))
        {
            string name = tokens.Name();
            byte[]? quoted;
            tokens.TakeIf(":");
            string? inner = tokens.TakeIf("{") ? "}" : tokens.TakeIf("<") ? ">" : null;
            if (inner is not null)
                Fields(name == "value" ? value as IMessage : null, inner, depth + 1);
            else if (name == "key")
                key = Converted(field.MessageType.FindFieldByNumber(1), tokens.Scalar(out quoted), quoted);
            else if (value is string)
                value = Converted(valueField, tokens.Scalar(out quoted), quoted);
            else
                throw tokens.Error("a message was expected");
            tokens.TakeIf(",");
        }
        ((IDictionary)field.Accessor.GetValue(message))[key ?? throw tokens.Error("an entry has no key")] = value;
    }

    private static void Put(IMessage message, FieldDescriptor field, object value)
    {
        if (field.IsRepeated)
            ((IList)field.Accessor.GetValue(message)).Add(value);
        else
            field.Accessor.SetValue(message, value);
    }

    private object Converted(FieldDescriptor field, string text, byte[]? quoted)
    {
        try
        {
            return field.FieldType switch
            {
                FieldType.String => quoted is null ? throw tokens.Error($"'{field.Name}' is no text") : System.Text.Encoding.UTF8.GetString(quoted),
                FieldType.Bytes => quoted is null ? throw tokens.Error($"'{field.Name}' is no text") : ByteString.CopyFrom(quoted),
                FieldType.Bool => text is "true" or "t" or "1" ? true : text is "false" or "f" or "0" ? false : throw tokens.Error($"'{text}' is neither true nor false"),
                FieldType.Float => (float)Real(text),
                FieldType.Double => Real(text),
                FieldType.Int32 => DataTypes.TryName(text, out var type) ? (int)type : int.Parse(text, CultureInfo.InvariantCulture),
                FieldType.Int64 => long.Parse(text, CultureInfo.InvariantCulture),
                FieldType.UInt32 or FieldType.Fixed32 => uint.Parse(text, CultureInfo.InvariantCulture),
                FieldType.UInt64 => ulong.Parse(text, CultureInfo.InvariantCulture),
                _ => throw tokens.Error($"'{field.Name}' is of a kind that is not read"),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw tokens.Error($"'{text}' does not suit '{field.Name}'");
        }
    }

    private static double Real(string text) => text.TrimEnd('f', 'F') switch
    {
        "inf" or "in" or "infinity" => double.PositiveInfinity,
        "-inf" or "-in" or "-infinity" => double.NegativeInfinity,
        "nan" => double.NaN,
        var number => double.Parse(number, CultureInfo.InvariantCulture),
    };
}
