namespace Lathe.Bench.Models;

/// <summary>Text encoders of BERT's shape (Devlin et al. 2018, arXiv:1810.04805); the output is the last hidden state.</summary>
internal static class Encoder
{
    private const long Vocabulary = 30522, Usual = 128;

    /// <summary>BERT-Tiny (Turc et al. 2019, arXiv:1908.08962).</summary>
    public static BenchModel BertTiny() => Build("bert-tiny", layers: 2, width: 128, heads: 2, Usual);

    /// <summary>The shape of MiniLM-L6-H384 (Wang et al. 2020, arXiv:2002.10957), common for sentence embeddings.</summary>
    public static BenchModel MiniLm() => Build("minilm", layers: 6, width: 384, heads: 12, Usual);

    /// <summary>The same on 512 tokens, the most that such models take: scores of attention are 12.6 MB a layer.</summary>
    public static BenchModel MiniLm512() => Build("minilm-512", layers: 6, width: 384, heads: 12, sequence: 512);

    /// <summary>BERT-Mini, of the same paper as BERT-Tiny.</summary>
    public static BenchModel BertMini() => Build("bert-mini", layers: 4, width: 256, heads: 4, Usual);

    private static BenchModel Build(string name, int layers, long width, long heads, long sequence)
    {
        var b = new OnnxModelBuilder(name);
        var tokens = b.Input("input_ids", b.Random.Integers(0, Vocabulary, 1, sequence));
        var mask = b.MaskBias(b.Input("attention_mask", b.Random.Integers(1, 2, 1, sequence)));
        var x = b.Embedding(tokens, Vocabulary, width);
        x = b.Add(x, b.Weight("positions", b.Random.Centred(sequence * width, 0.1), 1, sequence, width));
        x = b.LayerNorm(x);
        for (int i = 0; i < layers; i++)
        {
            x = b.LayerNorm(b.Add(b.SelfAttention(x, mask, heads), x));
            x = b.LayerNorm(b.Add(b.Linear(b.Gelu(b.Linear(x, 4 * width)), width), x));
        }
        return b.Build(x);
    }
}
