using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace AlgoFactory.Hosting.Options;

/// <summary>Reads the settings in the one order that every command uses: file, environment, command line.</summary>
public static class ProgramConfiguration
{
    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--urls"] = $"{AlgoFactoryOptions.Section}:Urls",
        ["--data"] = $"{AlgoFactoryOptions.Section}:DataFolder",
        ["--models"] = $"{AlgoFactoryOptions.Section}:ModelsFolder",
    };

    /// <summary>
    /// Adds the sources. Folders given on the command line count from the caller's folder, those in the file from the
    /// program's folder.
    /// </summary>
    public static IConfigurationBuilder AddAlgoFactory(this IConfigurationBuilder configuration, string[] args) => configuration
        .AddJsonFile(Path.Combine(ProgramFolder.Root, "appsettings.json"), optional: true, reloadOnChange: false)
        .AddEnvironmentVariables()
        .AddCommandLine(WithFullFolders(args), Switches);

    /// <summary>The settings, checked.</summary>
    /// <exception cref="ValidationException">A setting is out of its range; the message names it.</exception>
    public static AlgoFactoryOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection(AlgoFactoryOptions.Section).Get<AlgoFactoryOptions>() ?? new AlgoFactoryOptions();
        Check(options, AlgoFactoryOptions.Section);
        Check(options.Database, $"{AlgoFactoryOptions.Section}:Database");
        Check(options.Uploads, $"{AlgoFactoryOptions.Section}:Uploads");
        Check(options.Registry, $"{AlgoFactoryOptions.Section}:Registry");
        Check(options.Access, $"{AlgoFactoryOptions.Section}:Access");
        Check(options.Worker, $"{AlgoFactoryOptions.Section}:Worker");
        Check(options.Retention, $"{AlgoFactoryOptions.Section}:Retention");
        Check(options.Predictions, $"{AlgoFactoryOptions.Section}:Predictions");
        Check(options.PredictionLog, $"{AlgoFactoryOptions.Section}:PredictionLog");
        Check(options.Monitoring, $"{AlgoFactoryOptions.Section}:Monitoring");
        Check(options.Monitoring.Smtp, $"{AlgoFactoryOptions.Section}:Monitoring:Smtp");
        if (options.Database.IsPostgreSql && string.IsNullOrWhiteSpace(options.Database.ConnectionString))
            throw new ValidationException("AlgoFactory:Database:ConnectionString must be set when AlgoFactory:Database:Provider is 'postgresql'.");
        return options;
    }

    /// <summary>The settings for a command, from its arguments.</summary>
    public static AlgoFactoryOptions Read(string[] args) => Read(new ConfigurationBuilder().AddAlgoFactory(args).Build());

    private static void Check(object section, string name)
    {
        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(section, new ValidationContext(section), faults, validateAllProperties: true))
            throw new ValidationException($"The settings in '{name}' are not valid: {string.Join(" ", faults.Select(f => f.ErrorMessage))}");
    }

    private static string[] WithFullFolders(string[] args)
    {
        var full = (string[])args.Clone();
        for (var i = 0; i < full.Length; i++)
        {
            if (full[i] is "--data" or "--models" && i + 1 < full.Length)
                full[i + 1] = Path.GetFullPath(full[i + 1]);
            else if (full[i].StartsWith("--data=", StringComparison.Ordinal))
                full[i] = $"--data={Path.GetFullPath(full[i][7..])}";
            else if (full[i].StartsWith("--models=", StringComparison.Ordinal))
                full[i] = $"--models={Path.GetFullPath(full[i][9..])}";
        }

        return full;
    }
}
