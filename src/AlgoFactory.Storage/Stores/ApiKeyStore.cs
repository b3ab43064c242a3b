using System.Collections.Immutable;
using AlgoFactory.Serving.Access;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>API keys in the metadata database.</summary>
internal sealed class ApiKeyStore(Metadata metadata) : IApiKeyStore
{
    public Task<ImmutableArray<ApiKey>> ListAsync(CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.ApiKeys
                .OrderByDescending(k => k.CreatedAt).ThenBy(k => k.Id)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(k => k.ToRecord()).ToImmutableArray();
        });

    public Task AddAsync(ApiKey key, CancellationToken cancellation) =>
        metadata.WriteAsync($"key/{key.Id}", db => Task.FromResult(db.ApiKeys.Add(ApiKeyRow.From(key))), cancellation);

    public Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"key/{id}",
            async db =>
            {
                var row = await db.ApiKeys.FindAsync([id], cancellation).ConfigureAwait(false);
                if (row is null) return false;

                // The first revocation counts: a repeated one must not make the key look valid for longer.
                row.RevokedAt ??= at;
                return true;
            },
            cancellation);
}
