using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Serving.Access;

/// <summary>What a key may do.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KeyRole>))]
public enum KeyRole
{
    /// <summary>Calls predictions.</summary>
    [JsonStringEnumMemberName("application")] Application,

    /// <summary>Data sets, experiments, models; and predictions to try them.</summary>
    [JsonStringEnumMemberName("analyst")] Analyst,

    /// <summary>Models and deployments; and predictions to try them.</summary>
    [JsonStringEnumMemberName("operator")] Operator,

    /// <summary>Everything, keys too.</summary>
    [JsonStringEnumMemberName("admin")] Admin,
}

/// <summary>A key as stored: never the secret itself.</summary>
/// <param name="Id">A short public id, the secret's first characters.</param>
/// <param name="Name">What or who it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">The sha256 of the whole secret.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ApiKey(string Id, string Name, KeyRole Role, ImmutableArray<byte> Hash, DateTimeOffset CreatedAt)
{
    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>Keeps keys.</summary>
public interface IApiKeyStore
{
    /// <summary>All keys, revoked ones too, the newest first.</summary>
    Task<ImmutableArray<ApiKey>> ListAsync(CancellationToken cancellation);

    /// <summary>Adds a key.</summary>
    Task AddAsync(ApiKey key, CancellationToken cancellation);

    /// <summary>Marks a key as revoked; false when there is none of the id.</summary>
    Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation);
}
