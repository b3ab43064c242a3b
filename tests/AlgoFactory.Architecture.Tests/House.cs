using System.Reflection;

namespace AlgoFactory.Architecture.Tests;

/// <summary>The rules of the house as data, and the built assemblies that they are held against.</summary>
internal static class House
{
    /// <summary>Project → the projects it may use. Down only; Search and Serving know nothing of each other.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> AllowedEdges = new Dictionary<string, string[]>
    {
        ["Data"] = [],
        ["Onnx"] = [],
        ["Learning"] = ["Onnx", "Data"],
        ["Torch"] = ["Onnx", "Data", "Learning"],
        ["Torch.Worker"] = ["Onnx", "Data", "Learning", "Torch"], // the only one that loads libtorch
        ["Search"] = ["Data", "Learning"],
        ["Serving"] = ["Data", "Learning"],
        ["Storage"] = ["Data", "Learning", "Search", "Serving"],
        ["Hosting"] = ["Data", "Learning", "Torch", "Search", "Serving", "Storage"],
        ["Web"] = ["Data", "Learning", "Search", "Serving", "Storage", "Hosting"],
        ["Cli"] = ["Data", "Learning", "Torch", "Torch.Worker", "Search", "Serving", "Storage", "Hosting", "Web"],
    };

    /// <summary>Beginning of a library's name → the projects that may use it.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> LibraryOwners = new Dictionary<string, string[]>
    {
        ["Microsoft.AspNetCore"] = ["Web"],
        ["Microsoft.EntityFrameworkCore"] = ["Storage"],
        ["Microsoft.Data.Sqlite"] = ["Storage", "Hosting"], // Hosting names it as Quartz's driver
        ["Npgsql"] = ["Storage", "Hosting"],
        ["Quartz"] = ["Hosting", "Web"],
        ["OpenTelemetry"] = ["Web"],
        ["MailKit"] = ["Hosting"],
        ["MimeKit"] = ["Hosting"],
        ["ExcelDataReader"] = ["Data"],
        ["Google.Protobuf"] = ["Onnx"],
        ["System.CommandLine"] = ["Cli"],
        ["Spectre.Console"] = ["Cli"],
    };

    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The projects, as the table names them.</summary>
    public static TheoryData<string> Projects => new(AllowedEdges.Keys);

    /// <summary>The project's built assembly.</summary>
    public static Assembly Load(string project) => Assembly.Load(project == "Cli" ? "algofactory" : $"AlgoFactory.{project}");

    /// <summary>The edges from <paramref name="project"/> to <paramref name="references"/> that the tables forbid, as <c>From → To</c>.</summary>
    public static IEnumerable<string> Violations(string project, IEnumerable<string> references)
    {
        foreach (var reference in references)
        {
            var ours = reference == "algofactory" ? "Cli" : reference.StartsWith("AlgoFactory.", StringComparison.Ordinal) ? reference["AlgoFactory.".Length..] : null;
            var owners = LibraryOwners.FirstOrDefault(l => reference == l.Key || reference.StartsWith(l.Key + ".", StringComparison.Ordinal)).Value;
            if (ours is not null ? !AllowedEdges[project].Contains(ours) : owners is not null && !owners.Contains(project))
                yield return $"{project} → {reference}";
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AlgoFactory.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"No AlgoFactory.sln above {AppContext.BaseDirectory}; run the tests from the repository.");
    }
}
