namespace Lathe.Compilation.Tuning;

/// <summary>Gradient-boosted regression trees on squared errors, with every split tried.</summary>
internal sealed class BoostedTrees : ICostModel
{
    private const int Trees = 60;
    private const int Depth = 5;
    private const float LearningRate = 0.15f;
    private const int FewestInLeaf = 2;

    /// <summary>Added to the count of a leaf, so that small leaves say less.</summary>
    private const float Shrinkage = 1;

    private readonly List<Node[]> _trees = [];
    private float _mean;

    public string Name => "boosted trees";

    public void Train(IReadOnlyList<float[]> features, IReadOnlyList<float> costs)
    {
        _trees.Clear();
        _mean = costs.Average();
        float[] rest = [.. costs.Select(c => c - _mean)];
        // The rows in the order of each feature, so that a split is found in one walk.
        int[][] orders = [.. Enumerable.Range(0, features[0].Length)
            .Select(f => Enumerable.Range(0, features.Count).OrderBy(i => features[i][f]).ToArray())
            .Where((order, f) => features[order[0]][f] < features[order[^1]][f])];
        int[] columns = [.. Enumerable.Range(0, features[0].Length).Where(f => features.Min(r => r[f]) < features.Max(r => r[f]))];
        for (int t = 0; t < Trees && columns.Length > 0; t++)
        {
            var tree = Grow(features, rest, columns, orders);
            _trees.Add(tree);
            for (int i = 0; i < rest.Length; i++)
                rest[i] -= LearningRate * Value(tree, features[i]);
        }
    }

    public float[] Predict(IReadOnlyList<float[]> features) =>
        [.. features.Select(row => _mean + (LearningRate * _trees.Sum(tree => Value(tree, row))))];

    /// <summary>A whole binary tree: the children of node n are 2n + 1 and 2n + 2. A node without a split is a leaf.</summary>
    private static Node[] Grow(IReadOnlyList<float[]> rows, float[] targets, int[] columns, int[][] orders)
    {
        var tree = new Node[(1 << (Depth + 1)) - 1];
        int[] nodeOf = new int[rows.Count];
        for (int depth = 0; depth <= Depth; depth++)
        {
            int first = (1 << depth) - 1, width = 1 << depth;
            var (counts, sums) = (new int[width], new double[width]);
            for (int i = 0; i < nodeOf.Length; i++)
                if (nodeOf[i] >= first)
                {
                    counts[nodeOf[i] - first]++;
                    sums[nodeOf[i] - first] += targets[i];
                }
            for (int n = 0; n < width; n++)
                tree[first + n] = new(-1, 0, (float)(sums[n] / (counts[n] + Shrinkage)));
            if (depth == Depth)
                break;
            Split(tree, rows, targets, columns, orders, nodeOf, first, counts, sums);
            for (int i = 0; i < nodeOf.Length; i++)
                if (nodeOf[i] >= first && tree[nodeOf[i]] is { Feature: >= 0 } split)
                    nodeOf[i] = (2 * nodeOf[i]) + (rows[i][split.Feature] <= split.Threshold ? 1 : 2);
        }
        return tree;
    }

    /// <summary>Gives each node of a level the split that lowers the squared error the most.</summary>
    private static void Split(
        Node[] tree, IReadOnlyList<float[]> rows, float[] targets, int[] columns, int[][] orders, int[] nodeOf, int first, int[] counts, double[] sums)
    {
        var gains = new double[counts.Length];
        var (left, leftSums, last) = (new int[counts.Length], new double[counts.Length], new float[counts.Length]);
        for (int c = 0; c < columns.Length; c++)
        {
            Array.Clear(left);
            Array.Clear(leftSums);
            foreach (int i in orders[c])
            {
                int n = nodeOf[i] - first;
                if (n < 0)
                    continue;
                float value = rows[i][columns[c]];
                int right = counts[n] - left[n];
                if (left[n] >= FewestInLeaf && right >= FewestInLeaf && value > last[n])
                {
                    double rightSum = sums[n] - leftSums[n];
                    double gain = (leftSums[n] * leftSums[n] / (left[n] + Shrinkage)) + (rightSum * rightSum / (right + Shrinkage)) - (sums[n] * sums[n] / (counts[n] + Shrinkage));
                    if (gain > gains[n] + 1e-9)
                    {
                        gains[n] = gain;
                        tree[first + n] = tree[first + n] with { Feature = columns[c], Threshold = (value + last[n]) / 2 };
                    }
                }
                left[n]++;
                leftSums[n] += targets[i];
                last[n] = value;
            }
        }
    }

    private static float Value(Node[] tree, float[] row)
    {
        int n = 0;
        while (tree[n].Feature >= 0)
            n = (2 * n) + (row[tree[n].Feature] <= tree[n].Threshold ? 1 : 2);
        return tree[n].Value;
    }

    private readonly record struct Node(int Feature, float Threshold, float Value);
}
