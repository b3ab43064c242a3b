using System.Diagnostics.Metrics;
using AlgoFactory.Web.Monitoring;

namespace AlgoFactory.Web.Tests.Monitoring;

/// <summary>Series of measurements, without a server.</summary>
public sealed class PrometheusExporterTests
{
    [Fact]
    public void Measurements_go_to_the_series_of_their_tags_in_whatever_order_they_come()
    {
        using var exporter = new PrometheusExporter();
        using var meter = new Meter("AlgoFactory.Tests.Series");
        var requests = meter.CreateCounter<long>("tests.requests");
        for (var i = 0; i < 12; i++)
            // Texts made anew: equal ones are one series, whether they are the same object or not.
            requests.Add(i, new("name", new string((char)('a' + i % 3), 1)), new("status", 200 + i % 2));
        requests.Add(100, new KeyValuePair<string, object?>("name", "a"));

        var lines = exporter.Write().Split('\n').Where(l => l.StartsWith("tests_requests_total", StringComparison.Ordinal));
        lines.ShouldBe(
        [
            "tests_requests_total{name=\"a\"} 100", "tests_requests_total{name=\"a\",status=\"200\"} 6", "tests_requests_total{name=\"a\",status=\"201\"} 12",
            "tests_requests_total{name=\"b\",status=\"200\"} 14", "tests_requests_total{name=\"b\",status=\"201\"} 8",
            "tests_requests_total{name=\"c\",status=\"200\"} 10", "tests_requests_total{name=\"c\",status=\"201\"} 16",
        ]);
    }

    [Fact]
    public void What_is_observed_no_more_has_no_series_and_may_come_back()
    {
        using var exporter = new PrometheusExporter();
        using var meter = new Meter("AlgoFactory.Tests.Observed");
        Measurement<long>[] now = [new(3, new KeyValuePair<string, object?>("model", "iris"))];
        meter.CreateObservableGauge("tests.loaded", () => now);
        exporter.Write().ShouldContain("tests_loaded{model=\"iris\"} 3");
        var before = now;
        now = [];
        exporter.Write().ShouldNotContain("tests_loaded{");
        now = before;
        exporter.Write().ShouldContain("tests_loaded{model=\"iris\"} 3");
    }
}
