using System.Runtime.CompilerServices;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Authentication;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// The prediction routes' own check: a key in the headers costs one hash and one look-up, without the framework's
/// authentication (3.5 kB a request). Browsers, which have a cookie instead, go the usual way.
/// </summary>
public sealed class PredictionKeyCheck(KeyService keys, AlgoFactoryOptions options)
{
    private const string Anonymous = "";
    private const int Places = 256;

    private readonly Verified?[] _verified = new Verified?[Places];

    /// <summary>The id of the key that calls; null when the caller may not predict, and the answer has been written.</summary>
    public ValueTask<string?> FindCallerAsync(HttpContext context)
    {
        if (RequestKey.Value(context.Request) is { } value && Verify(value) is { } key && Policies.Allows(Policies.Predict, key.Role))
            return ValueTask.FromResult<string?>(key.Id);
        if (!RequestKey.IsGiven(context.Request) && options.Access.AnonymousRole is { } role && Policies.Allows(Policies.Predict, role))
            return ValueTask.FromResult<string?>(Anonymous);
        return FindSlowlyAsync(context);
    }

    // A connection's requests carry the same header, for which Kestrel gives the same string object. What was verified for that
    // very object stays true while the keys are the same ones, and needs no hash: nothing of the secret is compared.
    private ApiKey? Verify(string value)
    {
        var snapshot = keys.Snapshot;
        ref var place = ref _verified[RuntimeHelpers.GetHashCode(value) & (Places - 1)];
        if (Volatile.Read(ref place) is { } known && ReferenceEquals(known.Value, value) && ReferenceEquals(known.Snapshot, snapshot))
            return known.Key;
        if (keys.Verify(RequestKey.Secret(value)) is not { } key)
            return null;
        Volatile.Write(ref place, new Verified(value, snapshot, key));
        return key;
    }

    private sealed record Verified(string Value, object Snapshot, ApiKey Key);

    private static async ValueTask<string?> FindSlowlyAsync(HttpContext context)
    {
        if (!RequestKey.IsGiven(context.Request)
            && (await context.AuthenticateAsync(Schemes.Cookie)).Principal is { } user && KeyIdentity.May(user, Policies.Predict))
            return KeyIdentity.Id(user);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        await Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, "This needs an API key: send it as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'.");
        return null;
    }
}
