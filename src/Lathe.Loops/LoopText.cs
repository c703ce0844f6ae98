namespace Lathe.Loops;

/// <summary>The text form of the loop language.</summary>
public static class LoopText
{
    public static string Print(Expr expr) => throw new NotImplementedException();

    public static string Print(Stmt stmt) => throw new NotImplementedException();

    public static string Print(Kernel kernel) => throw new NotImplementedException();
}
