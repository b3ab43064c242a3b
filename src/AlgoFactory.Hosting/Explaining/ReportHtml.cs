using System.Net;
using System.Text;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>
/// Writes a report as one HTML file that asks nothing of any server: data, styles, charts and the script that draws them, which
/// is the one that pages use, all stand in it. Its content policy forbids requests, should a browser be asked to make one.
/// </summary>
public static class ReportHtml
{
    private static readonly string[] Styles = ["css/theme.css", "css/components.css", "css/pages.css", "css/understanding.css", "css/report.css"];

    // Modules that others import, which the import map names; each imports only ones that stand before it.
    private static readonly string[] Modules = ["charts", "elements", "effect-charts"];

    /// <summary>Writes the file: to a temporary one first, then renamed.</summary>
    /// <param name="report">The report.</param>
    /// <param name="title">The page's title.</param>
    /// <param name="assets">The folder of the pages' static files.</param>
    /// <param name="path">The file to write.</param>
    /// <exception cref="IOException">The file cannot be written, or an asset is missing.</exception>
    public static void Save(UnderstandingReport report, string title, string assets, string path) =>
        DurableFile.Write(path, stream => Write(report, title, assets, stream));

    /// <summary>Writes the page.</summary>
    public static void Write(UnderstandingReport report, string title, string assets, Stream to)
    {
        using var text = new StreamWriter(to, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        text.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' data:; img-src data:">
            <title>{WebUtility.HtmlEncode(title)}</title>
            <style>

            """);
        foreach (var style in Styles)
            // A rule that fetches something has no place here.
            text.WriteLine(string.Join('\n', Read(assets, style).Split('\n').Where(line => !line.Contains("url(", StringComparison.Ordinal))));
        text.Write($"""
            </style>
            </head>
            <body>
            <main class="report-page">
            <header class="report-head"><h1>{WebUtility.HtmlEncode(title)}</h1><p>{WebUtility.HtmlEncode(Subtitle(report))}</p></header>
            <div class="report" id="report"><p>This report draws its charts with the script that stands in this file; the browser has scripts turned off.</p></div>
            </main>

            """);
        text.WriteLine($"<script>{Script(Read(assets, "lib/echarts/echarts.min.js"))}</script>");
        text.WriteLine($"<script type=\"importmap\">{{\"imports\":{{{string.Join(',', Modules.Select(m => $"\"#{m}\":\"{AsData(Module(assets, m))}\""))}}}}}</script>");
        // JSON within a script ends it with "</script" only: a "<" is written as the escape that JSON knows for it.
        text.WriteLine($"<script type=\"application/json\" id=\"data\">{ReportJson.Write(report).Replace("<", "\\u003c", StringComparison.Ordinal)}</script>");
        text.WriteLine($"<script type=\"module\">{Script(Module(assets, "understanding"))}\nshowReport(document.getElementById(\"report\"), JSON.parse(document.getElementById(\"data\").textContent));</script>");
        text.WriteLine("</body>\n</html>");
    }

    private static string Subtitle(UnderstandingReport report)
    {
        var (task, lineage) = (report.Card.Task, report.Card.Lineage);
        return $"{task.Kind} of {task.Label}, trained on {lineage.DataName} ({lineage.CreatedAt.UtcDateTime:yyyy-MM-dd}), looked at on {report.Data.Rows} of {report.Data.Records} rows of {report.Data.Name}.";
    }

    // A module's imports by file become names of the import map: the modules in it are data, which no file stands beside.
    private static string Module(string assets, string name)
    {
        var script = Read(assets, $"js/{name}.js");
        foreach (var other in Modules)
            script = script.Replace($"\"./{other}.js\"", $"\"#{other}\"", StringComparison.Ordinal);
        return script;
    }

    private static string AsData(string script) => $"data:text/javascript;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}";

    private static string Script(string script) => script.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);

    private static string Read(string assets, string name)
    {
        var path = Path.Combine(assets, name);
        return File.Exists(path) ? File.ReadAllText(path) : throw new IOException($"The report's '{name}' is missing beside the program; build the program again.");
    }
}
