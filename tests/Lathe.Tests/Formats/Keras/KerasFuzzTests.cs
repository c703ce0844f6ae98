using Lathe.Formats.Keras;
using Lathe.Graphs;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.Keras;

/// <summary>Damaged and hostile files: each import succeeds with a valid graph or ends in an error about the model, in bounded time and memory.</summary>
public class KerasFuzzTests(ITestOutputHelper output)
{
    private const int Mutations = 2000;
    private static readonly string[] Words = ["null", "-1", "1e308", "99999999999", "\"\"", "[]", "{}", "true", "\"same\"", "0"];

    [Fact]
    public void DamagedModelsAreRefusedOrRead() =>
        BinaryMutations.Run(output, [.. Models()], Mutations, 5_000_011, (model, random) => BinaryMutations.Of(model, random, word: 8, other: ReplaceNumber), Outcome);

    /// <summary>Every cut of a small file is refused.</summary>
    [Fact]
    public void CutModelsAreRefused()
    {
        byte[] model = Models().First();
        for (int length = 0; length < model.Length - 8; length += 7)
            Assert.NotEqual("read", Outcome(model[..length], $"cut at {length}"));
    }

    /// <summary>Writes another value over one of the configuration's; what follows of the old one becomes blank.</summary>
    private static void ReplaceNumber(byte[] bytes, Random random)
    {
        int start = bytes.AsSpan().IndexOf("\"class_name\""u8);
        if (start < 0)
            return;
        int at = start + random.Next(Math.Min(4000, bytes.Length - start));
        int colon = bytes.AsSpan(at).IndexOf((byte)':');
        if (colon < 0)
            return;
        at += colon + 1;
        int end = at;
        while (end < bytes.Length && bytes[end] is not ((byte)',' or (byte)'}' or (byte)']' or 0))
            end++;
        string word = Words[random.Next(Words.Length)];
        for (int i = at; i < end; i++)
            bytes[i] = i - at < word.Length && word.Length <= end - at ? (byte)word[i - at] : (byte)' ';
    }

    private static string Outcome(byte[] model, string what) => DamagedModel.Outcome(() => GraphVerifier.Verify(KerasImporter.Import(model)), model.Length, what);

    private static IEnumerable<byte[]> Models()
    {
        var model = new TestModel();
        model.Input("image", 8, 8, 3)
            .Layer("ZeroPadding2D", "pad", """ "padding": [[1, 1], [0, 1]] """, "image")
            .Layer("Conv2D", "conv", """ "kernel_size": [3, 3], "filters": 4, "strides": [2, 2], "padding": "same", "activation": "relu" """, "pad", ("kernel", model.Random(3, 3, 3, 4)), ("bias", model.Random(4)))
            .Layer("BatchNormalization", "norm", """ "axis": 3, "epsilon": 0.001 """, "conv", ("gamma", model.Random(4)), ("beta", model.Random(4)), ("moving_mean", model.Random(4)), ("moving_variance", model.Random(4)))
            .Layer("AveragePooling2D", "pool", """ "pool_size": 2 """, "norm")
            .Layer("Reshape", "steps", """ "target_shape": [-1, 4] """, "pool")
            .Layer("LSTM", "lstm", """ "units": 3, "activation": "tanh", "recurrent_activation": "sigmoid", "return_sequences": true """, "steps",
                ("cell/kernel", model.Random(4, 12)), ("cell/recurrent_kernel", model.Random(3, 12)), ("cell/bias", model.Random(12)))
            .Layer("Flatten", "flat", "", "lstm")
            .Layer("Dense", "dense", """ "units": 5, "activation": "softmax" """, "flat", ("kernel", model.Random(12, 5)), ("bias", model.Random(5)))
            .Layer("Concatenate", "joined", """ "axis": -1 """, "dense flat")
            .Output("joined").Output("dense");
        yield return model.ToH5();
        yield return model.ToKeras();
        var masked = new TestModel();
        masked.Input("tokens", "int32", [4]).Layer("Embedding", "rows", """ "input_dim": 6, "output_dim": 2, "mask_zero": true """, ("embeddings", masked.Random(6, 2)))
            .Layer("GRU", "gru", """ "units": 2, "reset_after": true """, ("cell/kernel", masked.Random(2, 6)), ("cell/recurrent_kernel", masked.Random(2, 6)), ("cell/bias", masked.Random(2, 6)))
            .Layer("Dense", "y", """ "units": 1 """, ("kernel", masked.Random(2, 1)), ("bias", masked.Random(1)));
        yield return masked.ToH5();
        yield return masked.ToKeras();
        foreach (string path in RealModels.Files("mnist_valid.h5", "causal_conv1d_k2_s1_d1_cl_model.h5"))
            yield return File.ReadAllBytes(path);
    }
}
