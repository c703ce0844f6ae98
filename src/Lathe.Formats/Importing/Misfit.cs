using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>The error for operands and attributes that do not suit each other; an importer adds the operator's place and name.</summary>
internal static class Misfit
{
    public static ModelException Of(string message) => new("LATHE3500", message);

    /// <summary>Numbers as messages show them.</summary>
    public static string List(IEnumerable<long> numbers) => $"[{string.Join(", ", numbers)}]";
}
