namespace AlgoFactory.Web.Access;

/// <summary>Finds the key in a request's headers.</summary>
internal static class RequestKey
{
    private const string Bearer = "Bearer ";
    private const string Header = "X-Api-Key";

    /// <summary>The key in <c>Authorization: Bearer</c> or <c>X-Api-Key</c>; empty when there is none. Allocates nothing.</summary>
    public static ReadOnlySpan<char> Secret(HttpRequest request) => Secret(Value(request));

    /// <summary>The header's value that holds the key, as the server gives it; null when there is none.</summary>
    public static string? Value(HttpRequest request)
    {
        if (request.Headers.Authorization is [{ } authorization] && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return authorization;
        return request.Headers.TryGetValue(Header, out var key) && key is [{ } value] ? value : null;
    }

    /// <summary>The key in a header's value.</summary>
    public static ReadOnlySpan<char> Secret(string? value) =>
        value.AsSpan(value?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true ? Bearer.Length : 0).Trim();

    /// <summary>Whether the request carries any of the two headers.</summary>
    public static bool IsGiven(HttpRequest request) => request.Headers.Authorization.Count > 0 || request.Headers.ContainsKey(Header);
}
