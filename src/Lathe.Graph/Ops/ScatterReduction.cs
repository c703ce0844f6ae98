namespace Lathe.Graphs.Ops;

/// <summary>What becomes of an element that is scattered to where one is.</summary>
public enum ScatterReduction
{
    None, Add, Mul, Max, Min,
}
