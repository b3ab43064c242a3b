using AlgoFactory.Data;

namespace AlgoFactory.Cli;

/// <summary>
/// Checks the arguments of <c>serve</c> and <c>worker</c>: the configuration would pass over a mistyped one without a word.
/// </summary>
internal static class SettingArguments
{
    private static readonly string[] Options = ["--urls", "--data", "--models"];

    /// <summary>What is wrong, in a sentence; null when every argument is an option of the command or a setting (<c>--Section:Name=value</c>).</summary>
    public static string? Fault(string command, IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            if (command == "worker" && args[i] == "--supervised")
                continue;
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                return $"'{args[i]}' is one argument too many.";
            var name = args[i].Split('=', 2)[0];
            if (!Options.Contains(name) && !name.Contains(':'))
                return $"There is no option '{name}'{NearestName.Hint(name, Options)}.";
            if (name.Length < args[i].Length)
                continue;
            if (++i == args.Count || args[i].StartsWith("--", StringComparison.Ordinal))
                return $"The option '{name}' needs a value.";
        }

        return null;
    }
}
