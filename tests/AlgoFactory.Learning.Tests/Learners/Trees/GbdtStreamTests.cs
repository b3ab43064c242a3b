using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Streaming;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class GbdtStreamTests
{
    private static readonly ParameterSet Parameters = ParameterSet.Empty
        .With("rounds", 12).With("bagging_fraction", 0.7).With("feature_fraction", 0.8);

    [Theory]
    [InlineData(TaskKind.Binary, false)]
    [InlineData(TaskKind.Multiclass, true)]
    [InlineData(TaskKind.Regression, true)]
    public void A_streamed_fit_is_the_fit_in_memory_while_the_sketch_is_exact(TaskKind kind, bool weighted)
    {
        var data = Table(3000, kind, weighted) with { Validation = RandomTable.Create(500, 8, kind) };
        var context = FitContext.Create(3);
        var expected = new GbdtLearner().Fit(data, Parameters, context);
        var streamed = new StreamedTrainingSet { Task = data.Task, Rows = BatchFeatureStream.Of(data), Validation = data.Validation };
        var actual = new GbdtLearner().FitStream(streamed, Parameters, context);
        Scores(actual.Model, data.Features).ShouldBe(Scores(expected.Model, data.Features));
        actual.RefitParameters.ShouldBe(expected.RefitParameters);
    }

    [Fact]
    public void Neither_chunks_nor_threads_matter()
    {
        var data = Table(40_000, TaskKind.Binary, weighted: true);
        var options = new BinningOptions();
        var expected = StreamedBinner.Bin(BatchFeatureStream.Of(data), options, new Workers(1, default));
        foreach (var (chunkRows, threads) in new[] { (1000, 1), (777, 2), (50_000, 3) })
        {
            var actual = StreamedBinner.Bin(BatchFeatureStream.Of(data), options, new Workers(threads, default), chunkRows);
            actual.Labels.ShouldBe(expected.Labels);
            actual.Weights.ShouldBe(expected.Weights);
            Codes(actual.Matrix).SequenceEqual(Codes(expected.Matrix)).ShouldBeTrue();
            actual.Matrix.Features.Select(f => (f.Source, f.Offset, f.BinCount)).ShouldBe(expected.Matrix.Features.Select(f => (f.Source, f.Offset, f.BinCount)));
        }

        var streamed = new StreamedTrainingSet { Task = data.Task, Rows = BatchFeatureStream.Of(data) };
        var one = new GbdtLearner().FitStream(streamed, Parameters, FitContext.Create(3));
        var three = new GbdtLearner().FitStream(streamed, Parameters, FitContext.Create(3, 3));
        Scores(three.Model, data.Features).ShouldBe(Scores(one.Model, data.Features));
    }

    [Fact]
    public void Batches_are_read_as_one_table()
    {
        var data = Table(2000, TaskKind.Binary, weighted: false);
        var whole = StreamedBinner.Bin(BatchFeatureStream.Of(data), new BinningOptions(), new Workers(1, default));
        var pieces = new BatchFeatureStream(data.FeatureInfos, false, _ => Enumerable.Range(0, 20).Select(i => Part(data, i * 100, 100)));
        var actual = StreamedBinner.Bin(pieces, new BinningOptions(), new Workers(1, default), 64);
        Codes(actual.Matrix).SequenceEqual(Codes(whole.Matrix)).ShouldBeTrue();
        actual.Labels.ShouldBe(whole.Labels);
    }

    [Fact]
    public void Codes_without_a_bin_of_their_own_share_the_missing_one()
    {
        float[] codes = [0, 1, 1, 2, 7, 0.5f, 1, 0];
        float[] weights = [1, 1, 1, 0, 1, 1, 1, 1];
        foreach (var used in new[] { 3, 4, 5, 6 })
        {
            var data = new TrainingSet
            {
                Task = new TaskSpec(TaskKind.Regression, "y", []),
                FeatureInfos = [new FeatureInfo("c", "c", FeatureKind.Categorical, 3)],
                Features = new FeatureBatch(used, 1, codes.AsMemory(0, used)),
                Labels = codes.AsMemory(0, used),
                Weights = weights.AsMemory(0, used),
            };
            var matrix = StreamedBinner.Bin(BatchFeatureStream.Of(data), new BinningOptions(), new Workers(1, default)).Matrix;
            matrix.Features[0].BinCount.ShouldBe(used == 3 ? 2 : 3);
            for (var row = 0; row < used; row++)
                matrix.Bin(matrix.Features[0], row).ShouldBeLessThan(matrix.Features[0].BinCount);
        }
    }

    [Fact]
    public void Rows_that_change_between_the_passes_are_noticed()
    {
        var data = Table(1000, TaskKind.Binary, weighted: false);
        foreach (var second in new[] { 900, 1000 })
        {
            var passes = 0;
            var stream = new BatchFeatureStream(data.FeatureInfos, false, _ => [Part(data, 0, passes++ == 0 ? 1900 - second : second)]);
            Should.Throw<LearningException>(() => StreamedBinner.Bin(stream, new BinningOptions(), new Workers(1, default)))
                .Message.ShouldContain("another number of rows");
        }
    }

    [Fact]
    public void No_rows_are_an_error_and_a_lone_row_a_constant()
    {
        var data = Table(1, TaskKind.Regression, weighted: false);
        var none = new BatchFeatureStream(data.FeatureInfos, false, _ => []);
        Should.Throw<LearningException>(() => new GbdtLearner().FitStream(
            new StreamedTrainingSet { Task = data.Task, Rows = none }, Parameters, FitContext.Create(1))).Message.ShouldContain("no rows");
        var lone = new GbdtLearner().FitStream(
            new StreamedTrainingSet { Task = data.Task, Rows = BatchFeatureStream.Of(data) }, Parameters, FitContext.Create(1));
        Scores(lone.Model, data.Features)[0].ShouldBe(data.Labels.Span[0], Math.Abs(data.Labels.Span[0]) * 1e-5f);
    }

    [Fact]
    public void Sparse_features_are_refused_in_a_sentence()
    {
        var data = RandomTable.Create(100, 1, TaskKind.Binary, sparse: true);
        var stream = new StreamedTrainingSet { Task = data.Task, Rows = BatchFeatureStream.Of(data) };
        Should.Throw<LearningException>(() => new GbdtLearner().FitStream(stream, Parameters, FitContext.Create(1)))
            .Message.ShouldContain("text columns");
    }

    [Fact]
    public void A_cancelled_pass_ends()
    {
        var data = Table(1000, TaskKind.Binary, weighted: false);
        var stream = new StreamedTrainingSet { Task = data.Task, Rows = BatchFeatureStream.Of(data) };
        Should.Throw<OperationCanceledException>(() => new GbdtLearner().FitStream(
            stream, Parameters, FitContext.Create(1, 2, new CancellationToken(canceled: true))));
    }

    private static TrainingSet Table(int rows, TaskKind kind, bool weighted)
    {
        var data = RandomTable.Create(rows, 7, kind);
        // Weights of halves: sums of them are exact in any order.
        return weighted ? data with { Weights = Enumerable.Range(0, rows).Select(i => i % 5 * 0.5f).ToArray() } : data;
    }

    private static LabelledBatch Part(TrainingSet data, int start, int count) =>
        new(data.Features.Take(Enumerable.Range(start, count).ToArray()), data.Labels.Slice(start, count), default);

    private static ReadOnlySpan<byte> Codes(BinnedMatrix matrix)
    {
        var codes = new byte[matrix.RowCount * matrix.Columns];
        for (var row = 0; row < matrix.RowCount; row++)
            matrix.Codes.AsSpan(matrix.First + row * matrix.Stride, matrix.Columns).CopyTo(codes.AsSpan(row * matrix.Columns));
        return codes;
    }

    private static float[] Scores(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }
}
