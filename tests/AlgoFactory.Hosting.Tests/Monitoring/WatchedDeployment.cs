using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Tests.Jobs;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AlgoFactory.Hosting.Tests.Monitoring;

/// <summary>A deployed model of made-up rows, its log, and what watches it, on a clock of the test's own.</summary>
internal sealed class WatchedDeployment : IAsyncDisposable
{
    public const string Name = "offers";

    private readonly HostedStores _stores;
    private readonly PredictionLog _log;
    private readonly PredictionIds _ids;
    private readonly LogParts _parts;
    private readonly AlertSender _sender;
    private readonly Random _random = new(1);

    private WatchedDeployment(HostedStores stores, ModelFile model, ManualClock clock)
    {
        (_stores, Model, Clock) = (stores, model, clock);
        var options = stores.Get<AlgoFactoryOptions>();
        _ids = new PredictionIds(clock);
        _log = new PredictionLog(new PredictionLogOptions(), _ids, clock);
        _parts = new LogParts(stores.Get<DataFolders>().PredictionLog, stores.Get<LogParts>().Options, clock);
        _sender = new AlertSender(options);
        var reader = new LogReader(_parts);
        Retraining = new RetrainingWatch(
            Store, Feedback, stores.Get<IDatasetStore>(), stores.Get<IExperimentStore>(), stores.Get<JobQueue>(), new LabelledRows(_parts), reader,
            new ChallengerPromotion(stores.Get<IDeploymentStore>(), stores.Get<ModelRegistry>(), stores.Get<IAuditLog>(), clock), stores.Get<DataFolders>(), options, clock);
        Watch = new DeploymentWatch(
            stores.Get<IDeploymentStore>(), Store, Feedback, Traffic, new DriftWatch(_parts, reader, BuiltIn.Catalog, clock), new LiveMeasure(_parts, reader), Retraining,
            _sender, new ModelCache(stores.Get<ModelRegistry>()), new DiskSpace(stores.Get<DataFolders>(), f => (f == stores.Get<DataFolders>().Models ? 150L << 30 : Free, 200L << 30)),
            Nodes, stores.Get<BatchStore>(), stores.Get<IExperimentStore>(), options, clock, NullLogger<DeploymentWatch>.Instance);
    }

    public ModelFile Model { get; }

    public ManualClock Clock { get; }

    public DeploymentWatch Watch { get; }

    public RetrainingWatch Retraining { get; }

    /// <summary>What the watch sees as free on the disk of the data folder; enough until a test takes it.</summary>
    public long Free { get; set; } = 100L << 30;

    public IMonitoringStore Store => _stores.Get<IMonitoringStore>();

    public IFeedbackStore Feedback => _stores.Get<IFeedbackStore>();

    public INodeMinuteStore Nodes => _stores.Get<INodeMinuteStore>();

    public ITrafficStore Traffic => _stores.Get<ITrafficStore>();

    public T Get<T>() where T : notnull => _stores.Get<T>();

    public static async Task<WatchedDeployment> MakeAsync(Action<AlgoFactoryOptions>? configure = null)
    {
        var clock = new ManualClock();
        var stores = await HostedStores.MakeAsync(configure);
        var random = new Random(7);
        var file = Path.Combine(stores.Folder, "offers.csv");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 1500).Select(_ => Row(random)).Select(r => string.Join(',', r.Values)).Prepend("price,weight,shop,sold"));
        var model = await TrainAsync(stores, file, clock.Now.AddDays(-1));
        var version = stores.Get<ModelRegistry>().Publish(Name, model.Path);
        await stores.Get<IDeploymentStore>().SaveAsync(new Deployment(Name, Name, version.Version, version.Hash, 1, clock.Now, "test"), default);
        return new WatchedDeployment(stores, model.File, clock);
    }

    /// <summary>Trains a model of a file's column <c>sold</c>.</summary>
    public static async Task<(string Path, ModelFile File)> TrainAsync(HostedStores stores, string file, DateTimeOffset at)
    {
        var path = Path.Combine(stores.Folder, $"{Guid.NewGuid():N}.afm");
        await new TrainModel(BuiltIn.Catalog, new ManualClock { Now = at }).RunAsync(
            new TrainRequest { File = file, DataName = "offers", Label = "sold", Positive = "yes", Trials = 1, Learners = ["linear"], StartedAt = at, OutputPath = path }, null, default);
        return (path, ModelFile.Load(path, BuiltIn.Readers));
    }

    /// <inheritdoc cref="TrainAsync(HostedStores, string, DateTimeOffset)"/>
    public Task<(string Path, ModelFile File)> TrainAsync(string file) => TrainAsync(_stores, file, Clock.Now);

    /// <summary>Predicts rows one by one; what was sold comes as feedback for some of them.</summary>
    public async Task PredictAsync(int rows, double cheaper = 0, double labelled = 0, bool reversed = false)
    {
        var labels = new List<FeedbackLabel>();
        var binder = new RowBinder(Model.Predictor.Schema);
        for (var i = 0; i < rows; i++)
        {
            var row = Row(_random, cheaper);
            var truth = row["sold"] == "yes" ^ reversed ? "yes" : "no";
            using var bound = binder.BindJson(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { rows = new[] { row.Remove("sold") } })));
            _log.Identify(Name, bound);
            var predictions = Model.Predictor.Predict(bound.Frame);
            _log.Take(Name, new ModelVersion(Name, 1, Model.Hash), Model.Predictor, bound, predictions);
            if (_random.NextDouble() < labelled)
                labels.Add(new FeedbackLabel(PredictionIds.Text(bound.MadeId), 0, truth, Clock.Now, Clock.Now));
            Clock.Now = Clock.Now.AddSeconds(1);
        }

        _log.Flush(_parts);
        if (labels.Count > 0)
            await Feedback.AddAsync(labels, default);
    }

    public async ValueTask DisposeAsync()
    {
        _sender.Dispose();
        await _stores.DisposeAsync();
    }

    private static ImmutableSortedDictionary<string, string> Row(Random random, double cheaper = 0)
    {
        var price = random.NextDouble() * 100 * (1 - cheaper);
        var weight = random.NextDouble() * 10;
        var shop = random.Next(4) switch { 0 => "north", 1 => "south", 2 => "east", _ => "west" };
        var sold = random.NextDouble() < 1 / (1 + Math.Exp((price - 50) / 12)) ? "yes" : "no";
        // In the order of the file's columns.
        return ImmutableSortedDictionary.Create<string, string>(Comparer<string>.Create((a, b) => Order(a) - Order(b)))
            .Add("price", price.ToString("F2", CultureInfo.InvariantCulture)).Add("weight", weight.ToString("F2", CultureInfo.InvariantCulture)).Add("shop", shop).Add("sold", sold);
    }

    private static int Order(string column) => Array.IndexOf(["price", "weight", "shop", "sold"], column);
}
