using System.Collections.Immutable;

namespace AlgoFactory.Learning.Explaining;

/// <summary>A node as a line of an outline.</summary>
/// <param name="Node">The node.</param>
/// <param name="Depth">Edges from the root.</param>
/// <param name="Branch"><c>yes</c> or <c>no</c>; null for the root.</param>
/// <param name="IsLast">Whether it is its parent's second child.</param>
/// <param name="Open">For each ancestor below the root whether a sibling of it is still to come.</param>
/// <param name="Hidden">Leaves below that are not drawn.</param>
internal sealed record OutlineLine(TreeNodeView Node, int Depth, string? Branch, bool IsLast, ImmutableArray<bool> Open, int Hidden)
{
    public string Label => Node.Test is null
        ? $"leaf {Node.ValueText}"
        : Hidden > 0 ? $"{Node.Test} … {Hidden} leaves below" : Node.Test;

    public string Detail => Node.Test is null
        ? $"cover {TreeNodeView.Number(Node.Cover)}"
        : $"missing: {Node.MissingGoes}, gain {TreeNodeView.Number(Node.Gain)}, cover {TreeNodeView.Number(Node.Cover)}";
}

/// <summary>A tree's nodes line by line, depth first, "yes" before "no": what drawings have in common.</summary>
internal static class TreeOutline
{
    public static List<OutlineLine> Of(TreeView tree, int maxNodes)
    {
        var nodes = tree.Nodes;
        var (depths, leaves) = (new int[nodes.Length], new int[nodes.Length]);
        foreach (var node in nodes)
            foreach (var child in Children(node))
                depths[child] = depths[node.Id] + 1;
        for (var n = nodes.Length - 1; n >= 0; n--)
            leaves[n] = nodes[n].Test is null ? 1 : Children(nodes[n]).Sum(c => leaves[c]);
        // The deepest level that still fits.
        var depth = int.MaxValue;
        if (nodes.Length > maxNodes)
            for (depth = 0; depths.Count(d => d <= depth + 1) <= maxNodes;)
                depth++;

        var lines = new List<OutlineLine>();
        var waiting = new Stack<OutlineLine>();
        waiting.Push(new OutlineLine(nodes[0], 0, null, true, [], 0));
        while (waiting.TryPop(out var line))
        {
            var isCut = line.Node.Test is not null && line.Depth >= depth;
            lines.Add(isCut ? line with { Hidden = leaves[line.Node.Id] } : line);
            if (isCut || line.Node is not { Yes: { } yes, No: { } no })
                continue;
            var open = line.Branch is null ? line.Open : line.Open.Add(!line.IsLast);
            waiting.Push(new OutlineLine(nodes[no], line.Depth + 1, "no", true, open, 0));
            waiting.Push(new OutlineLine(nodes[yes], line.Depth + 1, "yes", false, open, 0));
        }

        return lines;
    }

    private static IEnumerable<int> Children(TreeNodeView node) => node is { Yes: { } yes, No: { } no } ? [yes, no] : [];
}
