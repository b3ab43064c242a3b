using System.Text;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.FactorizationMachines;

/// <summary>Whatever a model file holds, reading it ends in a model that predicts or in one sentence.</summary>
public class FactorizationFormatTests
{
    private static readonly TrainingSet Data = SyntheticTable.Create(TaskKind.Binary, 150).TrainingSet(FeatureNeeds.Fields).Data;

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void Every_missing_or_cut_entry_is_a_clear_error(string id)
    {
        var written = Written(id);
        foreach (var name in written.Keys)
        {
            Should.Throw<ArtefactFormatException>(() => Read(id, written.Where(e => e.Key != name).ToDictionary(e => e.Key, e => e.Value)), name);
            Should.Throw<ArtefactFormatException>(() => Read(id, new(written) { [name] = written[name][..^1] }), name);
        }
    }

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void Broken_bytes_end_in_a_clear_error_or_in_a_model_that_predicts(string id)
    {
        var written = Written(id);
        var names = written.Keys.Order().ToArray();
        var random = new Sequence(1);
        var (refused, scores) = (0, new float[Data.RowCount]);
        for (var i = 0; i < 250; i++)
        {
            var name = names[random.Next(0, names.Length)];
            var bytes = (byte[])written[name].Clone();
            for (var j = random.Next(1, 4); j > 0; j--)
                bytes[random.Next(0, name.EndsWith(".bin", StringComparison.Ordinal) ? Math.Min(bytes.Length, 400) : bytes.Length)] = (byte)random.NextBits();
            try
            {
                var model = Read(id, new(written) { [name] = bytes });
                if (((Learning.Learners.FactorizationMachines.FactorizationModel)model).Encoder is { } encoder && encoder.Columns.Length + encoder.SparseWidth == Data.Features.Width)
                    model.Predict(Data.Features, scores);
                scores.ShouldAllBe(s => float.IsFinite(s));
            }
            catch (ArtefactFormatException)
            {
                refused++;
            }
            catch (LearningException e)
            {
                e.Message.ShouldContain("features, but was given");
            }
        }

        refused.ShouldBeGreaterThan(80);
    }

    [Theory]
    [InlineData("encoder/encoder", "\"fields\":9", "\"fields\":65")]
    [InlineData("encoder/encoder", "\"fields\":9", "\"fields\":1")]
    [InlineData("encoder/encoder", "\"fields\":9", "\"fields\":0")]
    [InlineData("encoder/encoder", "\"normalize\":true", "\"normalize\":7")]
    [InlineData("encoder/encoder", "\"levels\":5", "\"levels\":-5")]
    [InlineData("encoder/encoder", "\"levels\":5", "\"levels\":2000000000")]
    [InlineData("encoder/encoder", "\"kind\":\"Bins\"", "\"kind\":\"Trees\"")]
    [InlineData("encoder/encoder", "\"kind\":\"Category\"", "\"kind\":\"Bins\"")]
    [InlineData("encoder/encoder", "\"width\":", "\"width\":-")]
    [InlineData("encoder/encoder", "\"slots\":", "\"slots\":9")]
    [InlineData("factorization", "\"factors\":4", "\"factors\":0")]
    [InlineData("factorization", "\"factors\":4", "\"factors\":2000000000")]
    [InlineData("factorization", "\"factors\":4", "\"factors\":9")]
    [InlineData("factorization", "\"bias\":", "\"bias\":1e99")]
    [InlineData("factorization", "\"lowest\":0", "\"lowest\":2")]
    [InlineData("factorization", "{", "null{")]
    public void Impossible_headers_are_refused(string document, string from, string to)
    {
        var written = Written("ffm");
        var text = Encoding.UTF8.GetString(written[document + ".json"]);
        text.ShouldContain(from);
        written[document + ".json"] = Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        Should.Throw<ArtefactFormatException>(() => Read("ffm", written)).Message.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public void Weights_that_are_no_numbers_and_bounds_out_of_order_are_refused()
    {
        foreach (var name in new[] { "arrays/linear.bin", "arrays/factors.bin", "arrays/importance.bin", "encoder/arrays/bounds.bin" })
        {
            var written = Written("fm");
            BitConverter.TryWriteBytes(written[name].AsSpan(20), float.NaN);
            Should.Throw<ArtefactFormatException>(() => Read("fm", written), name);
        }
    }

    private static Dictionary<string, byte[]> Written(string id)
    {
        var writer = new ArtefactSectionWriter();
        BuiltIn.Catalog[id].Fit(Data, ParameterSet.Empty.With("epochs", 1), FitContext.Create(1)).Model.Write(writer);
        return writer.Entries.ToDictionary(e => e.Key, e => (byte[])e.Value.Clone());
    }

    private static IModel Read(string id, Dictionary<string, byte[]> entries) =>
        BuiltIn.Readers.ReadModel(id + "/1", new ArtefactSection(entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value)));
}
