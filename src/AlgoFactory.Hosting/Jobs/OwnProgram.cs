using System.Diagnostics;
using System.Reflection;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Starts the program again as a process of its own.</summary>
internal static class OwnProgram
{
    /// <summary>The program itself: as the apphost, or as <c>dotnet PROGRAM.dll</c>. Under a test host it is the built program.</summary>
    public static ProcessStartInfo Start(params ReadOnlySpan<string> arguments)
    {
        var start = Program();
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }

    private static ProcessStartInfo Program()
    {
        var library = Path.Combine(AppContext.BaseDirectory, "algofactory.dll");
        if (Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "algofactory")
            return new ProcessStartInfo(path);
        if (!File.Exists(library))
            library = Assembly.GetEntryAssembly()?.Location ?? library;
        return new ProcessStartInfo("dotnet") { ArgumentList = { library } };
    }
}
