using System.Collections.Immutable;
using AlgoFactory.Serving.Access;

namespace AlgoFactory.Storage.Rows;

/// <summary>A key as the database keeps it: the secret's hash, never the secret.</summary>
internal sealed class ApiKeyRow
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required KeyRole Role { get; init; }

    public required byte[] Hash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    public static ApiKeyRow From(ApiKey key) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Role = key.Role,
        Hash = [.. key.Hash],
        CreatedAt = key.CreatedAt,
        RevokedAt = key.RevokedAt,
    };

    public ApiKey ToRecord() => new(Id, Name, Role, [.. Hash], CreatedAt) { RevokedAt = RevokedAt };
}
