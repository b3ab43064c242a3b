using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Search.Datasets;
using Microsoft.EntityFrameworkCore;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Stores;

[Collection(DatabaseCollection.Name)]
public sealed class DatasetStoreTests(Databases databases)
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, 123, 456, TimeSpan.FromHours(-3));

    private static DatasetRecord Uploaded(string id, int minute = 0) =>
        new(id, "Kündigungen 2026.csv", $"{id}.csv", 5_000_000_000, Noon.AddMinutes(minute), DatasetState.Profiling);

    private static TableDescription Description() => new(
        new Schema(
            [
                new("age", ColumnKind.Numeric, ColumnRole.Feature, 0.99, "all values are numbers") { DecimalComma = true },
                new("plan", ColumnKind.Categorical, ColumnRole.Label, 1, "three levels") { Levels = ["a", "b \"quoted\"", "ü"] },
            ],
            "plan"),
        new DatasetProfile(
            3,
            [
                new("age", ColumnKind.Numeric, 2, 1, 2) { Mean = 1.0 / 3, Quantiles = [double.MinValue, 0.1, double.NaN], HistogramCounts = [1, 0, 1] },
                new("plan", ColumnKind.Categorical, 3, 0, 3) { TopLevels = [new("a", 1)] },
            ]),
        new RejectSummary(1, 4, [new(17, "too many values", "1,2,3")]),
        [new("plan", "multiclass", 0.8, "few levels")],
        ["one record was left out"]);

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Gives_back_what_was_added(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Datasets.AddAsync(Uploaded("d1"), default);
        (await program.Datasets.FindAsync("d1", default)).ShouldBe(Uploaded("d1"));
        (await program.Datasets.FindAsync("d2", default)).ShouldBeNull();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Updates_with_a_description_and_says_when_it_is_gone(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var ready = Uploaded("d1") with { State = DatasetState.Ready, Description = Description() };
        (await program.Datasets.UpdateAsync(ready, default)).ShouldBeFalse();
        await program.Datasets.AddAsync(Uploaded("d1"), default);
        (await program.Datasets.UpdateAsync(ready, default)).ShouldBeTrue();

        var found = (await program.Datasets.FindAsync("d1", default)).ShouldNotBeNull();
        found.State.ShouldBe(DatasetState.Ready);
        found.Description.ShouldHaveContentOf(Description());
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lists_the_newest_first_without_descriptions(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var failed = Uploaded("b", minute: 5) with { State = DatasetState.Failed, Error = "no table" };
        await program.Datasets.AddAsync(Uploaded("c", minute: -5) with { Description = Description() }, default);
        await program.Datasets.AddAsync(failed, default);
        await program.Datasets.AddAsync(Uploaded("a"), default);

        (await program.Datasets.ListAsync(default)).ShouldBe([failed, Uploaded("a"), Uploaded("c", minute: -5)]);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Deletes_once(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Datasets.AddAsync(Uploaded("d1"), default);
        (await program.Datasets.DeleteAsync("d1", default)).ShouldBeTrue();
        (await program.Datasets.DeleteAsync("d1", default)).ShouldBeFalse();
        (await program.Datasets.ListAsync(default)).ShouldBeEmpty();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Refuses_an_id_that_is_taken_and_keeps_the_first(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Datasets.AddAsync(Uploaded("d1"), default);
        await Should.ThrowAsync<DbUpdateException>(() => program.Datasets.AddAsync(Uploaded("d1", minute: 9), default));
        (await program.Datasets.ListAsync(default)).ShouldBe([Uploaded("d1")]);
    }
}
