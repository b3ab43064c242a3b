using System.Collections;
using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Web.Monitoring;

/// <summary>Puts the request's id on every line that is logged while the request is served, where the log is JSON.</summary>
internal static class RequestLogScope
{
    /// <summary>Adds the scope; first in the pipeline. Where the log is not JSON, a request pays nothing for it.</summary>
    public static void UseRequestLogScope(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<AlgoFactoryOptions>().Telemetry.JsonLogs)
            return;
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RequestLogScope));
        app.Use(async (context, next) =>
        {
            using (log.BeginScope(new Scope(context)))
                await next(context);
        });
    }

    private sealed class Scope(HttpContext context) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private readonly string _id = context.TraceIdentifier;

        public int Count => 1;

        public KeyValuePair<string, object?> this[int index] => index == 0 ? new("RequestId", _id) : throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            yield return this[0];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => $"request {_id}";
    }
}
