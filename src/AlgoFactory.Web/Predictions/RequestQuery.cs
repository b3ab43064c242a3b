using System.Globalization;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>What a prediction's address asks for: the options that a CSV body has no place for, and how long the answer may take.</summary>
/// <param name="Options">The options; a JSON body's own come before them.</param>
/// <param name="Timeout">How long the answer may take.</param>
/// <param name="Key">The key by which a plan gives the request to an arm; null: the body's, if it has one.</param>
internal readonly record struct RequestQuery(AnswerOptions Options, TimeSpan Timeout, string? Key = null)
{
    /// <summary>Reads the query.</summary>
    /// <exception cref="RefusedException">400: a name or a value is wrong.</exception>
    public static RequestQuery Read(HttpRequest request, PredictionOptions limits)
    {
        var longest = TimeSpan.FromSeconds(limits.TimeoutSeconds);
        if (!request.QueryString.HasValue)
            return new RequestQuery(AnswerOptions.Default, longest);
        var options = AnswerOptions.Default;
        var timeout = longest;
        string? key = null;
        foreach (var (name, values) in request.Query)
        {
            var value = values.ToString();
            switch (name)
            {
                case "probabilities":
                    options = options with { Probabilities = Truth(name, value) };
                    break;
                case "topK":
                    options = options with { TopK = Whole(name, value) };
                    break;
                case "explain":
                    options = options with { Explain = Truth(name, value) };
                    break;
                case "interval":
                    options = options with { Interval = Share(name, value) };
                    break;
                case "set":
                    options = options with { Set = Share(name, value) };
                    break;
                case "dryRun":
                    options = options with { DryRun = Truth(name, value) };
                    break;
                case "key":
                    key = value;
                    break;
                case "timeoutMs":
                    timeout = TimeSpan.FromMilliseconds(Whole(name, value));
                    break;
                default:
                    throw RefusedException.Invalid(
                        $"A prediction's address has no '{name}'; there are 'probabilities', 'topK', 'explain', 'interval', 'set', 'dryRun', 'key' and 'timeoutMs'.");
            }
        }

        return new RequestQuery(options, timeout < longest ? timeout : longest, key);
    }

    private static bool Truth(string name, string value) =>
        bool.TryParse(value, out var truth) ? truth : throw RefusedException.Invalid($"'{name}' must be true or false, not '{value}'.");

    private static int Whole(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw RefusedException.Invalid($"'{name}' must be a whole number from 1 on, not '{value}'.");

    private static double Share(string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1
            ? share
            : throw RefusedException.Invalid($"'{name}' must be a number between 0 and 1, such as 0.9, not '{value}'.");
}
