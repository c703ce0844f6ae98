namespace Lathe.Formats.Importing;

/// <summary>A node reads a value that cannot be made, which has been reported where it should have been.</summary>
internal sealed class LackingException : Exception;
