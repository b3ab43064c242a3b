using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

/// <summary>Texts as sequences of tokens.</summary>
public sealed class TokenSequencesTests
{
    private static readonly string[] Sentences = ["the dog ran home", "The cat ran home", "a dog saw the cat"];

    [Fact]
    public void Frequent_words_become_a_token_each_wherever_they_stand_and_however_they_are_written()
    {
        var (_, tokens) = Fit([.. Enumerable.Repeat(Sentences, 10).SelectMany(s => s)]);
        // The column's own token, then a word each.
        tokens.Row(0).Length.ShouldBe(5);
        tokens.Row(0)[1].ShouldBe(tokens.Row(1)[1]);
        tokens.Row(0)[3..].ToArray().ShouldBe(tokens.Row(1)[3..].ToArray());
        tokens.Row(0)[2].ShouldBe(tokens.Row(2)[2]);
    }

    [Fact]
    public void Missing_and_empty_texts_are_the_columns_token_alone_and_long_ones_are_cut()
    {
        var (_, tokens) = Fit([null, "", string.Join(' ', Enumerable.Range(0, 5000)), "x"]);
        tokens.Row(0).ToArray().ShouldBe([tokens.Vocabulary - 1]);
        tokens.Row(1).ToArray().ShouldBe(tokens.Row(0).ToArray());
        tokens.Row(2).Length.ShouldBe(FittedTokenSequences.MaxTokens);
    }

    [Fact]
    public void Columns_share_a_rows_tokens_each_after_a_token_of_its_own()
    {
        var frame = new Frame(2, [new TextColumn("a", ["x y", null]), new TextColumn("b", [new string('q', 10_000), "z"])]);
        var builder = new FeatureBatchBuilder(2);
        new TokenSequences(["a", "b"]).FitTransform(new FeaturizerInput(frame, Task, new float[2], default), builder, FitContext.Create(1));
        var tokens = builder.Build().Tokens!;
        tokens.Row(0).ToArray().Count(t => t == tokens.Vocabulary - 2).ShouldBe(1);
        tokens.Row(0).ToArray().Count(t => t == tokens.Vocabulary - 1).ShouldBe(1);
        tokens.Row(0).Length.ShouldBeLessThanOrEqualTo(FittedTokenSequences.MaxTokens);
        tokens.Row(1)[..2].ToArray().ShouldBe([tokens.Vocabulary - 2, tokens.Vocabulary - 1]);
    }

    [Fact]
    public void What_was_saved_and_loaded_cuts_as_before_one_row_or_many()
    {
        var table = WordOrder.Of(TaskKind.Binary, 50, 1);
        var (pipeline, data) = table.TrainingSet(FeatureNeeds.Tokens);
        var read = ArtefactRoundTrip.Of(pipeline, BuiltIn.Readers);
        for (var row = 0; row < 50; row++)
            read.Transform(table.Frame.Take([row])).Tokens!.Row(0).ToArray().ShouldBe(data.Features.Tokens!.Row(row).ToArray());
        data.Features.Take([7, 3]).Tokens!.Row(1).ToArray().ShouldBe(data.Features.Tokens!.Row(3).ToArray());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    public void A_broken_section_is_refused(string columns)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteJson("tokens", System.Text.Json.JsonDocument.Parse($$"""{"columns":{{columns}}}""").RootElement);
        writer.WriteArray<int>("merges", []);
        Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadFeaturizer(FittedTokenSequences.FormatName, ArtefactSection.Of(writer)));
    }

    [Fact]
    public void Tables_without_texts_have_no_tokens()
    {
        var schema = new Schema([new ColumnSpec("x", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], "y");
        FeaturePipeline.FitTransform(new FeaturizerInput(new Frame(2, [new NumericColumn("x", [1, 2])]), Task, new float[2], default), schema, FeatureNeeds.Tokens, FitContext.Create(1))
            .Features.Tokens.ShouldBeNull();
    }

    private static TaskSpec Task => new(TaskKind.Binary, "y", ["a", "b"]);

    private static (IFittedFeaturizer Fitted, TokenBlock Tokens) Fit(string?[] texts)
    {
        var builder = new FeatureBatchBuilder(texts.Length);
        var frame = new Frame(texts.Length, [new TextColumn("text", texts)]);
        var fitted = new TokenSequences(["text"]).FitTransform(new FeaturizerInput(frame, Task, new float[texts.Length], default), builder, FitContext.Create(1));
        return (fitted, builder.Build().Tokens!);
    }
}
