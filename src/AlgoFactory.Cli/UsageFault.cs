using System.CommandLine;
using System.CommandLine.Parsing;
using AlgoFactory.Data;

namespace AlgoFactory.Cli;

/// <summary>Says in a sentence what is wrong with a command line, and what was probably meant.</summary>
internal static class UsageFault
{
    /// <summary>The sentence, or null when nothing is wrong.</summary>
    public static string? Of(ParseResult parsed) =>
        Unknown(parsed) ?? Empty(parsed) ?? (parsed.Errors is [var error, ..] ? Value(error) ?? Sentence(error.Message) : null);

    /// <summary>A word that is no command and no option; one that looks like an option is never taken for a file's name.</summary>
    private static string? Unknown(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // After a bare "--" nothing is an option.
        var escaped = parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash);
        var words = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value).Concat(parsed.UnmatchedTokens);
        if (!escaped && words.FirstOrDefault(w => w.StartsWith('-') && w.Length > 1) is { } option)
            return $"There is no option '{option}'{NearestName.Hint(option, command.Options.Concat(parsed.RootCommandResult.Command.Options).Select(o => o.Name))}.";
        if (parsed.UnmatchedTokens is not [var word, ..])
            return command.Subcommands.Count > 0 && parsed.Errors.Count > 0
                ? $"Say what to do: '{command.Name}' is followed by one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}."
                : null;
        if (command.Subcommands.Count == 0)
            return $"'{word}' is one argument too many.";
        return command is RootCommand
            ? $"There is no command '{word}'{NearestName.Hint(word, command.Subcommands.Select(c => c.Name))}."
            : $"There is no command '{command.Name} {word}'{NearestName.Hint(word, command.Subcommands.Select(c => c.Name))}.";
    }

    /// <summary>A name that is empty, as a variable of a script is that was never set.</summary>
    private static string? Empty(ParseResult parsed)
    {
        foreach (var child in parsed.CommandResult.Children)
        {
            var name = child switch
            {
                ArgumentResult argument => argument.Argument.Name,
                OptionResult { Option.HelpName: { } help } option when help.Contains("FILE", StringComparison.Ordinal) || help.Contains(".afm", StringComparison.Ordinal) => option.Option.Name,
                _ => null,
            };
            if (name is not null && child.Tokens.Any(t => t.Value.Length == 0))
                return $"'{name}' is empty.";
        }

        return null;
    }

    /// <summary>A value that is not of its option's type.</summary>
    private static string? Value(ParseError error)
    {
        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (option is not { Tokens: [var token] })
            return null;
        var type = Nullable.GetUnderlyingType(option.Option.ValueType) ?? option.Option.ValueType;
        var wanted = type switch
        {
            { IsEnum: true } => "one of " + string.Join(", ", Enum.GetNames(type).Select(n => n.ToLowerInvariant())),
            _ when type == typeof(int) => "a whole number",
            _ when type == typeof(double) => "a number",
            _ when type == typeof(DateTimeOffset) => "a time such as 2030-01-31T06:00Z",
            _ => null,
        };
        return wanted is null ? null : $"The option '{option.Option.Name}' takes {wanted}, not '{token.Value}'.";
    }

    private static string Sentence(string message)
    {
        var text = message.ReplaceLineEndings(" ").TrimEnd();
        return text.EndsWith('.') ? text : text + ".";
    }
}
