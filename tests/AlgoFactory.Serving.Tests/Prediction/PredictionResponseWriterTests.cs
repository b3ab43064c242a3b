using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Prediction;

public sealed class PredictionResponseWriterTests
{
    private static readonly ModelVersion Version = new("churn", 3, "abc");

    [Fact]
    public void A_binary_answer_has_both_probabilities_and_obeys_the_threshold()
    {
        var task = new TaskSpec(TaskKind.Binary, "y", ["nö", "yes"]);
        Write(new Predictions(task, new PostProcessing(0.3), [0.25f, 0.3125f]), ["careful: ü"]).ShouldBe(
            """{"id":"q","model":"churn","version":3,"hash":"abc","predictions":[{"prediction":"nö","probabilities":{"nö":0.75,"yes":0.25}},{"prediction":"yes","probabilities":{"nö":0.6875,"yes":0.3125}}],"warnings":["careful: ü"]}""");
    }

    [Fact]
    public void A_regression_answer_is_a_number() =>
        Write(new Predictions(new TaskSpec(TaskKind.Regression, "y", []), new PostProcessing(), [1.5f, -2e-9f, float.NaN]), []).ShouldBe(
            """{"id":"q","model":"churn","version":3,"hash":"abc","predictions":[{"prediction":1.5},{"prediction":-2E-09},{"prediction":null}],"warnings":[]}""");

    [Fact]
    public void Names_are_escaped()
    {
        var task = new TaskSpec(TaskKind.Multiclass, "y", ["a\"b", "c\\d\n", "</script>"]);
        var json = JsonDocument.Parse(Write(new Predictions(task, new PostProcessing(), [0.25f, 0.5f, 0.25f]), [])).RootElement;
        json.GetProperty("predictions")[0].GetProperty("prediction").GetString().ShouldBe("c\\d\n");
        json.GetProperty("predictions")[0].GetProperty("probabilities").GetProperty("</script>").GetSingle().ShouldBe(0.25f);
    }

    [Fact]
    public void Every_number_reads_back_the_same_bits_and_is_the_command_lines_text()
    {
        var random = new TestKit.Sequence(9);
        Span<byte> utf8 = stackalloc byte[PredictionText.MaxBytes];
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.UInt32BitsToSingle((uint)random.NextBits());
            if (!float.IsFinite(value))
                continue;
            var text = PredictionText.Of(value);
            BitConverter.SingleToUInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)).ShouldBe(BitConverter.SingleToUInt32Bits(value));
            Encoding.ASCII.GetString(utf8[..PredictionText.Write(value, utf8)]).ShouldBe(text);
            JsonDocument.Parse(text).RootElement.GetSingle().ShouldBe(value);
        }
    }

    [Fact]
    public void One_writer_after_another_on_one_thread_do_not_mix()
    {
        var task = new TaskSpec(TaskKind.Regression, "y", []);
        var first = Write(new Predictions(task, new PostProcessing(), [1f]), []);
        Write(new Predictions(task, new PostProcessing(), [2f]), []);
        Write(new Predictions(task, new PostProcessing(), [1f]), []).ShouldBe(first);
    }

    [Fact]
    public void A_request_without_an_id_gets_a_new_one()
    {
        var predictions = new Predictions(new TaskSpec(TaskKind.Regression, "y", []), new PostProcessing(), [1f]);
        var ids = Enumerable.Range(0, 1000).Select(_ =>
        {
            var to = new ArrayBufferWriter<byte>();
            PredictionResponseWriter.Write(to, "", Version, predictions, []);
            return JsonDocument.Parse(to.WrittenMemory).RootElement.GetProperty("id").GetString()!;
        }).ToArray();
        ids.Distinct().Count().ShouldBe(1000);
        foreach (var id in ids)
        {
            // A UUID of version 7: its first 48 bits are the time, so that ids sort by it.
            Guid.TryParseExact(id, "N", out var parsed).ShouldBeTrue();
            (parsed.Version, parsed.Variant >> 2).ShouldBe((7, 2));
            DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(id[..12], 16)).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        }
    }

    private static string Write(Predictions predictions, string[] warnings)
    {
        var to = new ArrayBufferWriter<byte>();
        PredictionResponseWriter.Write(to, "q", Version, predictions, [.. warnings]);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }
}
