namespace Lathe.Graphs.Ops;

/// <summary>How a place between two elements is rounded to one of them.</summary>
public enum NearestMode
{
    RoundPreferFloor, RoundPreferCeil, Floor, Ceil,
}
