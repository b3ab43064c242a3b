using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Exporting;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Torch.Learners;

namespace AlgoFactory.Torch.Tests.Learners;

/// <summary>Trained networks made smaller.</summary>
public sealed class CompressionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TorchFact]
    public void A_convolutional_network_hardly_loses_by_it()
    {
        var (train, test) = (Bars.Of(TaskKind.Multiclass, 240, 1), Bars.Of(TaskKind.Multiclass, 90, 2));
        var quick = ParameterSet.Empty.With("width", 8).With("epochs", 12).With("batch_size", 16).With("flip", "none").With("rotation", 0);
        var model = (INetworkModel)new CnnLearner().Fit(train, quick, FitContext.Create(1)).Model;
        Accuracy(model, test).ShouldBeGreaterThan(0.9);
        foreach (var (prune, int8) in new (double?, bool)[] { (null, true), (0.3, false), (0.3, true) })
        {
            // Read back: the guard knows the operators.
            var small = (INetworkModel)ArtefactRoundTrip.Of(SmallerNetwork.Of(model, prune, int8), BuiltIn.Readers);
            if (int8)
                small.Graph.Length.ShouldBeLessThan(6 * model.Graph.Length / 10);
            Accuracy(small, test).ShouldBeGreaterThan(Accuracy(model, test) - 0.05);
        }
    }

    [TorchFact]
    public void A_models_networks_are_made_smaller_and_measured_before_and_after()
    {
        var table = WordOrder.Of(TaskKind.Binary, 400, 1);
        var (pipeline, train) = table.TrainingSet(FeatureNeeds.Tokens);
        var parameters = ParameterSet.Empty.With("width", 32).With("heads", 2).With("blocks", 1).With("epochs", 20).With("batch_size", 16).With("learning_rate", 0.005);
        var model = File(table, new EnsembleMember("transformer", parameters, pipeline, new TransformerLearner().Fit(train, parameters, FitContext.Create(1)).Model, 1));
        var data = _folder.Write("rows.csv", "text,label\n" + string.Join('\n', Enumerable.Range(0, 200).Select(i => $"{((Data.Frames.TextColumn)table.Frame["text"]).Values[i]},{table.Task.Classes[(int)table.Labels[i]]}")));

        var report = CompressModel.Run(model, new CompressionRequest(true, 0.3), data, _folder["small.afm"], new ReadOptions(), default).Compression;
        report.Method.ShouldBe("prune 0.3, int8");
        report.Rows.ShouldBe(200);
        report.After.Bytes.ShouldBeLessThan(report.Before.Bytes / 2);
        report.Before.Score.ShouldNotBeNull().ShouldBeGreaterThan(0.9);
        report.After.Score.ShouldNotBeNull().ShouldBeGreaterThan(report.Before.Score.Value - 0.05);
        report.After.RowMicroseconds.ShouldBeGreaterThan(0);

        var read = ModelFile.Load(_folder["small.afm"], BuiltIn.Readers);
        read.Lineage.Compression.ShouldHaveSingleItem().ShouldBe(report);
        foreach (var again in new CompressionRequest[] { new(true, null), new(false, 0.5) })
            Should.Throw<LearningException>(() => CompressModel.Run(read, again, data, _folder["again.afm"], new ReadOptions(), default)).Message.ShouldContain("already");
    }

    [Fact]
    public void What_cannot_be_done_is_one_sentence_and_no_file()
    {
        var trees = TinyModels.Fit(TaskKind.Binary, 1, "gbdt");
        Exception Refused(CompressionRequest request, string output) =>
            Should.Throw<Exception>(() => CompressModel.Run(trees, request, _folder["none.csv"], _folder[output], new ReadOptions(), default));
        Refused(new(false, null), "m.afm").ShouldBeOfType<UsageException>().Message.ShouldContain("--int8");
        Refused(new(false, 1), "m.afm").ShouldBeOfType<UsageException>().Message.ShouldContain("between 0 and 1");
        Refused(new(true, double.NaN), "m.afm").ShouldBeOfType<UsageException>();
        Refused(new(true, null), "no/m.afm").ShouldBeOfType<UsageException>().Message.ShouldContain("does not exist");
        Refused(new(true, null), "m.afm").ShouldBeOfType<LearningException>().Message.ShouldContain("'gbdt'");
        _folder.Files.ShouldBeEmpty();
    }

    private static ModelFile File(SyntheticTable table, EnsembleMember member) => new(
        new Predictor(table.Schema, table.Task, [member], new PostProcessing()),
        new TrainingLineage { CreatedAt = DateTimeOffset.UnixEpoch, ProgramVersion = "0.1.0", DataName = "made up", Rows = table.Labels.Length, Seed = 1, Trials = 1, Validation = "none", Metric = "accuracy" },
        ImmutableSortedDictionary<string, double>.Empty, new DatasetProfile(table.Labels.Length, []), [], []);

    private static double Accuracy(IModel model, TrainingSet test)
    {
        var scores = new float[test.RowCount * model.OutputWidth];
        model.Predict(test.Features, scores);
        return MetricCatalog.Find("accuracy", test.Task.Kind).Compute(scores, model.OutputWidth, test.Labels.Span, default);
    }
}
