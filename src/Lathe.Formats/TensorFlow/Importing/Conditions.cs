using System.Collections.Immutable;
using Lathe.Graphs;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>Under which conditions a node of a conditional has a value.</summary>
internal static class Conditions
{
    /// <summary>Those of all that the node reads or waits for; null where one of them is in a branch that is not taken.</summary>
    public static ImmutableDictionary<Value, bool>? Of(NodeContext node, Scope scope)
    {
        var when = ImmutableDictionary<Value, bool>.Empty;
        if (node.Op is "Merge" or "RefMerge" or "Exit" or "RefExit")
            return when;
        for (int i = 0; i < node.InputCount; i++)
        {
            var slot = node.Slot(i);
            if (slot is Slot.Dead)
                return null;
            when = Join(when, slot.When);
        }
        foreach (string control in node.Controls)
        {
            // Of a Switch itself the other branch's output may be dead, and the node runs all the same.
            if (!scope.Body.IsPivot(control) || scope.Find(control) is not [var only])
                continue;
            if (only is Slot.Dead)
                return null;
            when = Join(when, only.When);
        }
        return when;
    }

    /// <summary>The condition that two alternatives differ in, or null.</summary>
    public static Value? Between(Slot a, Slot b)
    {
        foreach (var (condition, needed) in a.When)
            if (b.When.TryGetValue(condition, out bool other) && other != needed)
                return condition;
        return null;
    }

    /// <summary>What both alternatives need.</summary>
    public static ImmutableDictionary<Value, bool> Common(Slot a, Slot b) =>
        a.When.RemoveRange(a.When.Where(w => !b.When.TryGetValue(w.Key, out bool other) || other != w.Value).Select(w => w.Key));

    private static ImmutableDictionary<Value, bool> Join(ImmutableDictionary<Value, bool> a, ImmutableDictionary<Value, bool> b) => a.IsEmpty ? b : b.IsEmpty ? a : a.SetItems(b);
}
