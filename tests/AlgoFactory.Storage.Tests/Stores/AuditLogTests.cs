using AlgoFactory.Serving.Access;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Stores;

[Collection(DatabaseCollection.Name)]
public sealed class AuditLogTests(Databases databases)
{
    private static AuditEntry Entry(int number) =>
        new(new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero), "ops", "deployment.deploy", $"churn-{number}", "version 2 → 3");

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lists_the_last_ones_the_newest_first_whatever_the_clock_says(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        for (var number = 1; number <= 5; number++)
            await program.Audit.AddAsync(Entry(number) with { At = Entry(0).At.AddHours(-number) }, default);

        (await program.Audit.ListAsync(2, default)).ShouldBe([Entry(5) with { At = Entry(0).At.AddHours(-5) }, Entry(4) with { At = Entry(0).At.AddHours(-4) }]);
        (await program.Audit.ListAsync(10_000, default)).Length.ShouldBe(5);
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => program.Audit.ListAsync(0, default));
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Notes_once_what_is_noted_again_and_apart_what_differs(StorageProvider provider)
    {
        using var first = await databases.OpenAsync(provider);
        using var second = new Opened(first.Options);
        // Again from several programs at a time, later and by another hand.
        await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Task.Run(() =>
            (n % 2 == 0 ? first : second).Audit.AddOnceAsync(Entry(1) with { At = Entry(0).At.AddHours(n), Who = $"worker {n}" }, default))));
        AuditEntry[] others = [Entry(2), Entry(1) with { Action = "deployment.rollback" }, Entry(1) with { Detail = "version 3 → 4" }];
        foreach (var other in others)
            await first.Audit.AddOnceAsync(other, default);

        var entries = await first.Audit.ListAsync(100, default);
        entries.Length.ShouldBe(4);
        entries[..3].ShouldBe(others.Reverse());
        entries[3].Subject.ShouldBe(Entry(1).Subject);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Loses_no_entry_of_several_programs(StorageProvider provider)
    {
        using var first = await databases.OpenAsync(provider);
        using var second = new Opened(first.Options);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(() => (n % 2 == 0 ? first : second).Audit.AddAsync(Entry(n), default))));
        (await first.Audit.ListAsync(1000, default)).Select(e => e.Subject).ShouldBe(Enumerable.Range(0, 40).Select(n => Entry(n).Subject), ignoreOrder: true);
    }
}
