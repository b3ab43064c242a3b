using System.Globalization;
using System.Net;
using System.Text;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Draws a tree as a picture (SVG) of its own: no script, no style from outside, all text escaped. An outline from top to
/// bottom, so that it is as readable on a narrow page as on a wide one; a bar under each line shows the share of training
/// rows that came by, and a leaf's colour its sign and size.
/// </summary>
public static class TreeSvg
{
    private const int Row = 34;
    private const int Indent = 18;
    private const int TextWidth = 330;
    private const int MaxLetters = 46;

    /// <summary>The picture; deeper nodes are left out when there are more than <paramref name="maxNodes"/>.</summary>
    public static string Draw(TreeView tree, int maxNodes = 400)
    {
        var lines = TreeOutline.Of(tree, maxNodes);
        var width = lines.Max(l => l.Depth) * Indent + TextWidth + 16;
        var height = lines.Count * Row + 12;
        var largest = lines.SelectMany(l => l.Node.Values).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var whole = Math.Max(tree.Nodes[0].Cover, double.Epsilon);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title>Tree {tree.Index + 1} of {tree.Count}{Escape(tree.Output is null ? "" : $", for {tree.Output}")}</title>");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
        var lastOfDepth = new Dictionary<int, int>();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            var (x, y) = (8 + line.Depth * Indent, 6 + i * Row);
            if (line.Depth > 0)
                svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x - Indent + 5} {6 + lastOfDepth[line.Depth - 1] * Row + 24}V{y + 11}H{x - 2}\" fill=\"none\" stroke=\"#b6bfcc\"/>");
            lastOfDepth[line.Depth] = i;
            Draw(svg, line, x, y, largest, line.Node.Cover / whole);
        }

        return svg.Append("</svg>").ToString();
    }

    private static void Draw(StringBuilder svg, OutlineLine line, int x, int y, double largest, double share)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<g><title>{Escape($"{line.Label} ({line.Detail})")}</title>");
        if (line.Node.Test is null)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y + 2}\" width=\"10\" height=\"18\" rx=\"2\" fill=\"{Colour(line.Node.Values, largest)}\" stroke=\"#8a94a3\" stroke-width=\".5\"/>");
        else
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x + 5}\" cy=\"{y + 11}\" r=\"5\" fill=\"#5b6675\"/>");
        var branch = line.Branch is null ? "" : $"<tspan fill=\"#5b6675\">{line.Branch}: </tspan>";
        var weight = line.Node.Test is null ? "" : " font-weight=\"600\"";
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 16}\" y=\"{y + 13}\" fill=\"#1c2430\">{branch}<tspan{weight}>{Escape(Shorten(line.Label))}</tspan></text>");
        var detail = line.Node.MissingGoes is { } missing ? $"cover {line.Node.Cover:G4} · missing: {missing}" : $"cover {line.Node.Cover:G4}";
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x + 16}\" y=\"{y + 20}\" width=\"{Math.Clamp(share, 0, 1) * 120:F1}\" height=\"5\" rx=\"1\" fill=\"#9db4d6\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 142}\" y=\"{y + 26}\" font-size=\"10.5\" fill=\"#5b6675\">{Escape(detail)}</text></g>");
    }

    /// <summary>Blue above zero, orange below, paler the smaller; leaves of several values are grey.</summary>
    private static string Colour(IReadOnlyList<double> values, double largest)
    {
        if (values is not [var value])
            return "#c9d1db";
        var strength = largest > 0 ? Math.Abs(value) / largest : 0;
        var (r, g, b) = value >= 0 ? (31, 95, 191) : (217, 95, 2);
        int Mix(int to) => (int)(255 + (to - 255) * (0.15 + 0.85 * strength));
        return $"#{Mix(r):x2}{Mix(g):x2}{Mix(b):x2}";
    }

    private static string Shorten(string text) => text.Length <= MaxLetters ? text : string.Concat(text.AsSpan(0, MaxLetters - 1), "…");

    // Characters that XML does not allow, even escaped, become a replacement mark.
    private static string Escape(string text) =>
        WebUtility.HtmlEncode(string.Concat(text.EnumerateRunes().Select(r => r.Value < 32 || r.Value is 0xFFFE or 0xFFFF ? "\uFFFD" : r.ToString())));
}
