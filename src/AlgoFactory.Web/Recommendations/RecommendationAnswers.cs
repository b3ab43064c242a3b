using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AlgoFactory.Hosting.Recommendation;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Recommendations;

/// <summary>Answers requests on a rented recommender.</summary>
internal static class RecommendationAnswers
{
    /// <summary>Recommendations of one request at most: users times items each.</summary>
    private const int MostPlaces = 1_000_000;

    /// <summary>Users between two looks at whether the caller is still there.</summary>
    private const int Slice = 256;

    /// <summary>Recommends.</summary>
    /// <exception cref="RefusedException">The request is out of its limits, or the model is no recommender.</exception>
    public static RecommendResponse Recommend(PredictionLease lease, RecommendRequest request, int maxUsers, CancellationToken cancellation)
    {
        var recommender = RecommenderOf(lease);
        var names = Names(request.Users, "users", maxUsers);
        CheckPlaces(names.Length, request.N, "users");
        var warnings = ImmutableArray.CreateBuilder<string>();
        var filter = new ItemFilter(request.ExcludeSeen, Allowed(recommender, request, warnings));
        int[] codes = [.. names.Select(recommender.UserOf)];
        var buffer = new RecommendationBuffer(Math.Min(Slice, names.Length), request.N);
        var answers = ImmutableArray.CreateBuilder<UserRecommendations>(names.Length);
        for (var first = 0; first < names.Length; first += Slice)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = codes.AsSpan(first, Math.Min(Slice, names.Length - first));
            TopItems.Find(recommender.Model, part, filter, buffer);
            for (var i = 0; i < part.Length; i++)
                answers.Add(new UserRecommendations(names[first + i], part[i] >= 0, Scored(recommender, buffer, i)));
        }

        return new RecommendResponse(lease.Version.Name, lease.Version.Version, lease.Version.Hash, answers.MoveToImmutable(), warnings.ToImmutable());
    }

    /// <summary>Finds alike items.</summary>
    /// <inheritdoc cref="Recommend"/>
    public static SimilarResponse Similar(PredictionLease lease, SimilarRequest request, int maxItems, CancellationToken cancellation)
    {
        var recommender = RecommenderOf(lease);
        var names = Names(request.Items, "items", maxItems);
        CheckPlaces(names.Length, request.N, "items");
        var buffer = new RecommendationBuffer(1, request.N);
        var answers = ImmutableArray.CreateBuilder<SimilarItems>(names.Length);
        foreach (var name in names)
        {
            cancellation.ThrowIfCancellationRequested();
            var code = recommender.ItemOf(name);
            TopItems.FindSimilar(recommender.Model, [code], buffer);
            answers.Add(new SimilarItems(name, code >= 0, Scored(recommender, buffer, 0)));
        }

        return new SimilarResponse(lease.Version.Name, lease.Version.Version, lease.Version.Hash, answers.MoveToImmutable());
    }

    /// <summary>The rented model as a recommender.</summary>
    /// <exception cref="RefusedException">400: it is none.</exception>
    public static Recommender RecommenderOf(PredictionLease lease) => lease.Recommender
        ?? throw RefusedException.Invalid($"The model '{lease.Version.Name}' is no recommender; it answers /predict only.");

    private static ImmutableArray<ScoredItem> Scored(Recommender recommender, RecommendationBuffer buffer, int place)
    {
        var items = buffer.Items(place);
        var scored = ImmutableArray.CreateBuilder<ScoredItem>(items.Length);
        for (var i = 0; i < items.Length; i++)
            scored.Add(new ScoredItem(recommender.ItemNames[items[i]], buffer.Scores(place)[i]));
        return scored.MoveToImmutable();
    }

    private static bool[]? Allowed(Recommender recommender, RecommendRequest request, ImmutableArray<string>.Builder warnings)
    {
        var fitting = request.Where is { } where ? recommender.Where(Checked(where)) : null;
        if (request.Items is not { } list)
            return fitting;
        var allowed = new bool[recommender.ItemNames.Length];
        var (unknown, example) = (0, "");
        foreach (var name in Names(list, "items", int.MaxValue))
        {
            if (recommender.ItemOf(name) is >= 0 and var code)
                allowed[code] = fitting is null || fitting[code];
            else if (unknown++ == 0)
                example = name;
        }

        if (unknown > 0)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{unknown} of the {list.Length} items are not known to the model, such as '{Shown(example)}'."));
        return allowed;
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Checked(ImmutableSortedDictionary<string, ImmutableArray<string>> where) =>
        where.Values.Any(v => v.IsDefaultOrEmpty || v.Contains(null!))
            ? throw RefusedException.Invalid("'where' needs a list of texts for each of its columns.")
            : where;

    private static string Shown(string name) => name.Length > 60 ? $"{name[..60]}…" : name;

    private static string[] Names(ImmutableArray<JsonElement> values, string field, int most)
    {
        if (values.IsDefaultOrEmpty)
            throw RefusedException.Invalid($"'{field}' is empty; name one at least.");
        if (values.Length > most)
            throw RefusedException.Invalid(string.Create(CultureInfo.InvariantCulture, $"'{field}' names {values.Length}, and this server takes {most} at once; send several requests."));
        var names = new string[values.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = values[i].ValueKind switch
            {
                JsonValueKind.String => values[i].GetString()!,
                // As the table's texts are: 318 for a column of numbers.
                JsonValueKind.Number => values[i].GetRawText(),
                _ => throw RefusedException.Invalid(string.Create(CultureInfo.InvariantCulture, $"{field}[{i}] is neither a text nor a number.")),
            };
        return names;
    }

    private static void CheckPlaces(int count, int n, string field)
    {
        RecommendFile.CheckTop(n);
        if ((long)count * n > MostPlaces)
            throw RefusedException.Invalid(string.Create(CultureInfo.InvariantCulture, $"{count} {field} with {n} items each are more than {MostPlaces:N0} lines; send several requests, or use the batch."));
    }
}
