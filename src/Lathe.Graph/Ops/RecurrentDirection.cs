namespace Lathe.Graphs.Ops;

/// <summary>Which way a recurrent op goes through time; both ways make two directions, forward first.</summary>
public enum RecurrentDirection
{
    Forward, Reverse, Bidirectional,
}
