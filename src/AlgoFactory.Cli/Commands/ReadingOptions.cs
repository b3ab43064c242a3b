using System.CommandLine;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>The options that say how a file is read; several commands have them.</summary>
internal sealed class ReadingOptions
{
    private readonly Option<string?> _encoding = new("--encoding")
    {
        Description = "The file's text encoding, such as windows-1252 or utf-16; recognised when not given.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _separator = new("--separator")
    {
        Description = "The separator of a delimited file: one character, or 'tab'; recognised when not given.",
        HelpName = "CHAR",
    };

    private readonly Option<bool> _decimalComma = new("--decimal-comma") { Description = "Numbers are written with a decimal comma." };

    private readonly Option<double> _maxRejected = new("--max-rejected")
    {
        Description = "The share of broken records above which a training file is refused, from 0 to 1.",
        HelpName = "SHARE",
        DefaultValueFactory = _ => new ReadOptions().MaxRejectedShare,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_encoding);
        command.Add(_separator);
        command.Add(_decimalComma);
        command.Add(_maxRejected);
    }

    /// <summary>Reads them from a line.</summary>
    /// <exception cref="UsageException">A value is out of range.</exception>
    public ReadOptions Of(ParseResult line, int? threads = null)
    {
        var share = line.GetValue(_maxRejected);
        if (share is not (>= 0 and <= 1))
            throw new UsageException("--max-rejected is a share from 0 to 1, such as 0.05.");
        return new ReadOptions
        {
            Encoding = line.GetValue(_encoding),
            Separator = line.GetValue(_separator) switch
            {
                null => null,
                "tab" or "\\t" => '\t',
                [var single] => single,
                var other => throw new UsageException($"--separator is one character or 'tab', not '{other}'."),
            },
            DecimalComma = line.GetValue(_decimalComma),
            MaxRejectedShare = share,
            Threads = threads ?? Environment.ProcessorCount,
        };
    }
}
