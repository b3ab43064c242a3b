using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Web;

/// <summary>Finds the folder of static files: beside the program, else (in tests) in the source.</summary>
public static class WebRoot
{
    /// <summary>The folder; null when there is none.</summary>
    public static string? Find()
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        var source = Path.Combine(ProgramFolder.Root, "src", "AlgoFactory.Web", "wwwroot");
        return Directory.Exists(beside) ? beside : Directory.Exists(source) ? source : null;
    }
}
