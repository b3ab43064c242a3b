using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Hosting.Options;

/// <summary>The log of the server and of the worker.</summary>
public static class ProgramLog
{
    /// <summary>
    /// Writes it to standard error, one line an entry, as the settings' section <c>Logging</c> filters it: standard output
    /// holds only what a command answers, such as the address and the first key.
    /// </summary>
    public static ILoggingBuilder AddProgramLog(this ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.AddConfiguration(configuration.GetSection("Logging"));
        if (configuration.GetValue<bool>($"{AlgoFactoryOptions.Section}:{nameof(AlgoFactoryOptions.Telemetry)}:{nameof(TelemetryOptions.JsonLogs)}"))
            logging.Configure(log => log.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId)
                .AddJsonConsole(console => (console.IncludeScopes, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        else
            logging.AddSimpleConsole(console => console.SingleLine = true);
        // The programs themselves report in one sentence why they cannot start; a crash later on is critical.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Its one entry that matters, an exception that nothing caught, is logged by the server too; and while it listens, each
        // request costs an activity and a scope, a third of what a small prediction allocates.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return logging;
    }
}
