using System.Text.Json;
using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Functions between layers that join tensors, cut them, and arrange their elements otherwise.</summary>
internal static class TensorMovement
{
    public static Value Concatenated(FunctionCall f)
    {
        Value[] parts = f.List();
        if (parts.Length == 0)
            throw f.Wrong("values", "tensors");
        int axis = parts[0].Shape.Axis(f.IsNode ? f.Int(parts.Length, "axis", -1) : f.Int(1, "axis", 0));
        return parts.Length == 1 ? parts[0] : f.Add(new Concat(axis), parts);
    }

    public static Value Gathered(FunctionCall f)
    {
        var (x, indices) = (f.At(0, f.Has(0, "params") ? "params" : "x"), f.At(1, "indices"));
        indices = indices.Element.IsInteger ? indices : f.Add(new Cast(DType.Int64), indices);
        return f.Builder.Gathered(x, indices, x.Shape.Axis(f.Int(f.IsNode ? 2 : 3, "axis", 0)), (int)f.Int(9, "batch_dims", 0));
    }

    public static Value Padded(FunctionCall f)
    {
        var x = f.X;
        long[] paddings = f.TryInts(1, f.Has(1, "paddings") ? "paddings" : "pad_width") ?? throw f.Wrong("paddings", "pairs of numbers");
        return f.Text(2, "mode", "constant").ToLowerInvariant() switch
        {
            "constant" => f.Builder.Padded(x, paddings, f.Number(3, "constant_values", 0)),
            "reflect" => f.Builder.Mirrored(x, paddings, symmetric: false),
            "symmetric" => f.Builder.Mirrored(x, paddings, symmetric: true),
            var mode => throw f.Layer.Unsupported($"padding of mode '{mode}' is not supported"),
        };
    }

    /// <summary>A batch that the model says nothing of stays what it is.</summary>
    public static Value Reshaped(FunctionCall f)
    {
        long[] shape = f.TryInts(1, f.Has(1, "shape") ? "shape" : "newshape") ?? throw f.Wrong("shape", "a shape");
        return f.Builder.ReshapedTo(f.X, shape);
    }

    public static Value Transposed(FunctionCall f)
    {
        var x = f.X;
        long[]? order = f.TryInts(1, f.Has(1, "perm") ? "perm" : "axes");
        return f.Builder.Permuted(x, order is null ? [.. Enumerable.Range(0, x.Type.Rank).Reverse()] : [.. order.Select(a => x.Shape.Axis(a))]);
    }

    public static Value[] Parts(FunctionCall f, string name)
    {
        var x = f.At(0, f.Has(0, "value") ? "value" : "x");
        int axis = x.Shape.Axis(f.Int(2, "axis", 0));
        if (name == "unstack")
            return f.Builder.Unpacked(x, axis);
        long[] sizes = f.TryInts(1, f.Has(1, "num_or_size_splits") ? "num_or_size_splits" : "indices_or_sections") ?? throw f.Wrong("num_or_size_splits", "a number or sizes");
        if (sizes is not [var count])
            return f.Builder.Parted(x, axis, sizes);
        if (count is < 1 or > 1 << 16 || x.Shape[axis].Value % count != 0)
            throw f.Wrong("num_or_size_splits", $"a divisor of {x.Shape[axis]}");
        return f.Builder.Parted(x, axis, [.. Enumerable.Repeat(x.Shape[axis].Value / count, (int)count)]);
    }

    /// <summary>x[...] of Python: numbers, slices, new axes (None) and an ellipsis.</summary>
    public static Value GetItem(FunctionCall f)
    {
        var x = f.At(0, "x");
        var spec = f.Json(1, "slice_spec") ?? f.Json(1, "key") ?? throw f.Wrong("slice_spec", "a list of slices");
        JsonElement[] parts = spec.ValueKind == JsonValueKind.Array ? [.. spec.EnumerateArray()] : [spec];
        if (parts.Length > 30)
            throw f.Wrong("slice_spec", "at most 30 slices");
        var (begin, end, strides) = (new long[parts.Length], new long[parts.Length], new long[parts.Length]);
        Array.Fill(strides, 1);
        int beginMask = 0, endMask = 0, ellipsis = 0, added = 0, shrunk = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            int bit = 1 << i;
            var part = Unwrapped(parts[i]);
            switch (part.ValueKind)
            {
                case JsonValueKind.Number when part.TryGetInt64(out long at):
                    (begin[i], end[i], shrunk) = (at, at + 1, shrunk | bit);
                    break;
                case JsonValueKind.Null:
                    added |= bit;
                    break;
                case JsonValueKind.String:
                    ellipsis |= bit;
                    break;
                case JsonValueKind.Object:
                    var slice = new Settings(part);
                    (begin[i], end[i], strides[i]) = (slice.Int("start", 0), slice.Int("stop", 0), slice.Int("step", 1));
                    beginMask |= slice.Has("start") ? 0 : bit;
                    endMask |= slice.Has("stop") ? 0 : bit;
                    break;
                default:
                    throw f.Layer.Unsupported("indexing by tensors is not supported");
            }
        }
        return f.Builder.StridedSlice(x, new(begin, end, strides, beginMask, endMask, ellipsis, added, shrunk));

        // {"class_name": "slice", ...} of Keras 3 holds the bounds in its configuration; {"class_name": "__ellipsis__"} is an ellipsis.
        static JsonElement Unwrapped(JsonElement json)
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("class_name", out var name) || name.ValueKind != JsonValueKind.String)
                return json;
            if (name.GetString() is "__ellipsis__" or "ellipsis" or "Ellipsis")
                return name;
            if (!json.TryGetProperty("config", out var config))
                return json;
            return config.ValueKind == JsonValueKind.Array && config.GetArrayLength() == 3
                ? JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { ["start"] = config[0], ["stop"] = config[1], ["step"] = config[2] })
                : config;
        }
    }
}
