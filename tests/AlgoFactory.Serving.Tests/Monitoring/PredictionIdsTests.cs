using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Tests.Deployments;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Monitoring;

public sealed class PredictionIdsTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, PredictionIds.KeyBytes).Select(i => (byte)i)];

    [Fact]
    public void The_keyed_hash_is_that_of_the_papers_reference_program()
    {
        // vectors_sip64[16] of the reference implementation: the bytes 0 to 15 under the key of the bytes 0 to 15.
        var (first, second) = (0x0706050403020100UL, 0x0F0E0D0C0B0A0908UL);
        SipHash.Of(first, second, first, second).ShouldBe(0x3f2acc7f57c29bdbUL);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_id_tells_when_it_was_made_and_whether_it_is_logged(bool isLogged)
    {
        var clock = new ManualClock();
        var ids = new PredictionIds(clock);
        ids.Use(Key);
        var other = new PredictionIds(clock);
        other.Use(Key);
        for (var i = 0; i < 200; i++)
        {
            var text = PredictionIds.Text(ids.Make(isLogged));
            text.Length.ShouldBe(PredictionIds.Length);
            // Version 8, variant 2.
            text[12].ShouldBe('8');
            "89ab".ShouldContain(text[16]);
            other.TryRead(text, out var issued).ShouldBeTrue();
            issued.ShouldBe(new IssuedId(clock.Now, isLogged));
        }
    }

    [Fact]
    public void An_id_that_was_changed_or_given_out_elsewhere_is_not_known()
    {
        var ids = new PredictionIds();
        ids.Use(Key);
        var text = PredictionIds.Text(ids.Make(true));
        for (var i = 0; i < text.Length; i++)
        {
            var forged = text.ToCharArray();
            forged[i] = forged[i] == '0' ? '1' : '0';
            ids.TryRead(forged, out _).ShouldBeFalse($"digit {i}");
        }

        new PredictionIds().TryRead(text, out _).ShouldBeFalse();
        foreach (var strange in (string[])["", "order-17", new string('z', 32), Guid.CreateVersion7().ToString("N"), text + "0"])
        {
            PredictionIds.IsOurs(strange).ShouldBeFalse();
            ids.TryRead(strange, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Ids_differ_and_sort_by_time()
    {
        var clock = new ManualClock();
        var ids = new PredictionIds(clock);
        var made = new List<string>();
        for (var i = 0; i < 1000; i++)
        {
            clock.Now = clock.Now.AddMilliseconds(1);
            made.Add(PredictionIds.Text(ids.Make(i % 2 == 0)));
        }

        made.ShouldBeUnique();
        made.Order(StringComparer.Ordinal).ShouldBe(made);
    }
}
