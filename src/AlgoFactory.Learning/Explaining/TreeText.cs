using System.Text;

namespace AlgoFactory.Learning.Explaining;

/// <summary>Draws a tree with letters, a line a node.</summary>
public static class TreeText
{
    /// <summary>The drawing; deeper nodes are left out when there are more than <paramref name="maxNodes"/>.</summary>
    public static string Draw(TreeView tree, int maxNodes = 1000)
    {
        var text = new StringBuilder();
        foreach (var line in TreeOutline.Of(tree, maxNodes))
        {
            foreach (var isOpen in line.Open)
                text.Append(isOpen ? "│  " : "   ");
            if (line.Branch is { } branch)
                text.Append(line.IsLast ? "└─ " : "├─ ").Append(branch).Append(": ");
            text.Append(line.Label).Append("  [").Append(line.Detail).Append(']').Append('\n');
        }

        return text.ToString();
    }
}
