using System.Collections.Immutable;
using System.CommandLine;
using AlgoFactory.Cli.Remote;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Cli.Commands;

/// <summary>The arguments and options of <c>train</c>.</summary>
internal sealed class TrainOptions
{
    private readonly Argument<string> _file = new("FILE") { Description = "The training table: CSV, TSV, Parquet, JSON Lines or XLSX; or images: a zip archive or a folder with a folder for each class." };
    private readonly Option<string?> _label = new("--label") { Description = "The column to predict; not with --task recommend, and not needed for images.", HelpName = "COLUMN" };
    private readonly Option<string> _task = new("--task") { Description = "auto, binary, multiclass, regression or recommend.", HelpName = "TASK", DefaultValueFactory = _ => "auto" };
    private readonly Option<string?> _user = new("--user") { Description = "The users of --task recommend.", HelpName = "COLUMN" };
    private readonly Option<string?> _item = new("--item") { Description = "The items of --task recommend.", HelpName = "COLUMN" };
    private readonly Option<string?> _rating = new("--rating") { Description = "Their ratings; not given: items are ranked by who met them.", HelpName = "COLUMN" };
    private readonly Option<string?> _time = new("--time") { Description = "When a row happened: newer rows are validated on than trained on.", HelpName = "COLUMN" };
    private readonly Option<string?> _gap = new("--gap") { Description = "With --time: what lies between training and validation rows, such as 7d or a number in the column's unit.", HelpName = "SPAN" };
    private readonly Option<string?> _weight = new("--weight") { Description = "How much a row counts in training and metrics.", HelpName = "COLUMN" };
    private readonly Option<string?> _group = new("--group") { Description = "Rows of one group are never on both sides of a split.", HelpName = "COLUMN" };
    private readonly Option<string?> _fold = new("--fold") { Description = "The fold that a row is validated in, as you have dealt them.", HelpName = "COLUMN" };
    private readonly Option<string?> _threshold = new("--threshold") { Description = "From which probability on the positive class is predicted: a number, f1, precision-at-recall=0.8, recall-at-precision=0.8; not given: 0.5, or the best F1 of a rare class.", HelpName = "RULE" };
    private readonly Option<string?> _cost = new("--cost") { Description = "What wrong decisions cost: the threshold that costs least is chosen.", HelpName = "fp=1,fn=5" };
    private readonly Option<string[]> _itemFeatures = new("--item-features") { Description = "Columns that tell of the items, separated by commas: for items without ratings, and to filter by.", HelpName = "COLUMNS" };
    private readonly Option<string[]> _userFeatures = new("--user-features") { Description = "Columns that tell of the users, separated by commas: for users without ratings.", HelpName = "COLUMNS" };
    private readonly Option<string> _split = new("--split") { Description = "What a recommender is validated on: auto, random, time or leave-one-out.", HelpName = "SPLIT", DefaultValueFactory = _ => "auto" };
    private readonly Option<string?> _metric = new("--metric") { Description = "The metric to optimise; not given: auc, logloss, rmse or ndcg@10.", HelpName = "METRIC" };
    private readonly Option<string?> _budget = new("--budget") { Description = "Time from the command's start to the saved model: 90, 60s, 5m, 1h; not given: 60s.", HelpName = "TIME" };
    private readonly Option<int?> _trials = new("--trials") { Description = "Trials instead of time: then the result does not depend on the clock.", HelpName = "N" };
    private readonly Option<string> _tuner = new("--tuner") { Description = $"Who proposes settings: {string.Join(", ", TunerCatalog.Names)}; auto: a portfolio of settings that do well, then cfo.", HelpName = "NAME", DefaultValueFactory = _ => TunerCatalog.Default };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with a run of the same command that was interrupted: its finished trials are in MODEL.afm.journal. The budget may be another." };
    private readonly Option<bool> _fresh = new("--fresh") { Description = "Start anew although an interrupted run left finished trials: they are dropped." };
    private readonly Option<string[]> _learners = new("--learners") { Description = "The learners to try, by id, separated by commas; not given: all that fit the task.", HelpName = "IDS" };
    private readonly Option<string?> _memory = new("--memory") { Description = "The memory to stay within, such as 2GB; not given: three quarters of what the machine or container has.", HelpName = "SIZE" };
    private readonly Option<int> _seed = new("--seed") { Description = "The only source of randomness.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _name = new("--name") { Description = "Also upload the model to the server at --url under this name (key in ALGOFACTORY_KEY).", HelpName = "NAME" };
    private readonly Option<string> _url = new("--url") { Description = "The server for --name.", HelpName = "URL", DefaultValueFactory = _ => RemoteOptions.DefaultUrl };
    private readonly Option<string?> _valid = new("--valid", "--validation") { Description = "A validation table with the same columns, instead of folds or a holdout part.", HelpName = "FILE" };
    private readonly Option<int> _folds = new("--folds") { Description = "Folds of the cross-validation; 0: by the data's size.", HelpName = "K" };
    private readonly Option<string[]> _ignore = new("--ignore") { Description = "Columns to leave out, separated by commas.", HelpName = "COLUMNS" };
    private readonly Option<string?> _positive = new("--positive") { Description = "The positive class of a binary task; not given: the rarer one.", HelpName = "CLASS" };
    private readonly Option<string?> _out = new("--out") { Description = "Where the model goes; not given: the input's name with .afm, in the current folder.", HelpName = "MODEL.afm" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads to use.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<string> _device = new("--device") { Description = $"Where networks are trained: {TorchDevice.Choices}.", HelpName = "DEVICE", DefaultValueFactory = _ => TorchDevice.Automatic };
    private readonly Option<string?> _maxLatency = new("--max-latency") { Description = "The most time the model may take to predict one row: 50us, 2ms.", HelpName = "TIME" };
    private readonly Option<bool> _single = new("--single-model") { Description = "One model fitted on all rows, instead of a bag or an ensemble." };
    private readonly Option<string> _stack = new("--stack") { Description = "Whether a second layer of models may be served: auto, where it is clearly better out of fold; or off.", HelpName = "WHEN", DefaultValueFactory = _ => StackChoice.Automatic };
    private readonly ReadingOptions _reading = new();

    /// <summary>Whether one JSON object is wanted.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Write one JSON object to standard output." };

    /// <summary>Adds everything to the command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_file);
        foreach (var option in new Option[]
            { _label, _task, _user, _item, _rating, _time, _itemFeatures, _userFeatures, _gap, _split, _weight, _group, _fold, _threshold, _cost, _metric, _budget, _trials, _tuner, _learners, _memory, _resume, _fresh, _seed, _name, _url, _valid, _folds, _ignore, _positive, _out, _threads, _device, _maxLatency, _single, _stack, Json })
            command.Add(option);
        _reading.AddTo(command);
    }

    /// <summary>The request of a line, whose budget counts from now.</summary>
    /// <exception cref="UsageException">A value is out of range, or two options do not go together.</exception>
    public TrainRequest Request(ParseResult line, TimeProvider clock)
    {
        var file = Path.TrimEndingDirectorySeparator(line.GetRequiredValue(_file));
        var (budget, trials) = (line.GetValue(_budget), line.GetValue(_trials));
        if (budget is not null && trials is not null)
            throw new UsageException("--budget and --trials exclude each other: give one of them.");
        if (line.GetValue(_resume) && line.GetValue(_fresh))
            throw new UsageException("--resume and --fresh exclude each other: give one of them.");
        var threads = line.GetValue(_threads);
        if (threads < 1)
            throw new UsageException("--threads must be 1 or more.");
        return new TrainRequest
        {
            File = file,
            DataName = Path.GetFileName(file),
            Read = _reading.Of(line, threads),
            Label = Label(line),
            Recommend = Recommend(line),
            Split = line.GetRequiredValue(_split),
            Task = line.GetRequiredValue(_task),
            Metric = line.GetValue(_metric),
            Budget = budget is null ? null : BudgetText.Parse(budget),
            Trials = trials,
            // Not from the process's start: it is the launcher's, which may have built the program first.
            StartedAt = clock.GetUtcNow(),
            Seed = line.GetValue(_seed),
            Tuner = line.GetRequiredValue(_tuner),
            Learners = Words(line.GetValue(_learners)),
            KeepJournal = true,
            Resume = line.GetValue(_resume),
            Fresh = line.GetValue(_fresh),
            ValidationFile = line.GetValue(_valid),
            Folds = line.GetValue(_folds),
            Ignore = Words(line.GetValue(_ignore)),
            Positive = line.GetValue(_positive),
            Overrides = Roles(line),
            Time = IsRecommender(line) ? null : line.GetValue(_time),
            Gap = line.GetValue(_gap),
            Threshold = Threshold(line),
            MaxLatency = line.GetValue(_maxLatency) is { } latency ? LatencyText.Parse(latency) : null,
            SingleModel = line.GetValue(_single),
            Stack = line.GetRequiredValue(_stack),
            OutputPath = line.GetValue(_out) ?? $"{Path.GetFileNameWithoutExtension(file)}.afm",
            Threads = threads,
        };
    }

    private string Label(ParseResult line)
    {
        var isRecommender = IsRecommender(line);
        return (line.GetValue(_label), isRecommender) switch
        {
            // The folders of images are their labels; a table may have any name for its own.
            (null, false) => IsOfImages(line.GetRequiredValue(_file)) ? "label" : throw new UsageException("--label is missing: name the column to predict."),
            ({ }, true) => throw new UsageException("--task recommend has no --label: name the ratings with --rating."),
            (var label, _) => label ?? "",
        };
    }

    private static bool IsOfImages(string file) => Directory.Exists(file) || file.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    private RecommendChoice? Recommend(ParseResult line)
    {
        var (user, item, rating, time) = (line.GetValue(_user), line.GetValue(_item), line.GetValue(_rating), line.GetValue(_time));
        var (itemFeatures, userFeatures) = (Words(line.GetValue(_itemFeatures)), Words(line.GetValue(_userFeatures)));
        if (!IsRecommender(line))
            return (user ?? item ?? rating) is null && itemFeatures.IsEmpty && userFeatures.IsEmpty
                ? null
                : throw new UsageException("--user, --item, --rating and their features go with --task recommend only.");
        if ((line.GetValue(_weight) ?? line.GetValue(_group) ?? line.GetValue(_fold) ?? line.GetValue(_gap) ?? line.GetValue(_threshold) ?? line.GetValue(_cost)) is not null)
            throw new UsageException("--weight, --group, --fold, --gap, --threshold and --cost do not go with --task recommend.");
        return user is null || item is null
            ? throw new UsageException("--task recommend needs --user and --item.")
            : new RecommendChoice(user, item, rating, time) { ItemFeatures = itemFeatures, UserFeatures = userFeatures };
    }

    private ImmutableArray<ColumnOverride> Roles(ParseResult line)
    {
        (string? Column, ColumnRole Role)[] roles =
            [(line.GetValue(_weight), ColumnRole.Weight), (line.GetValue(_group), ColumnRole.Group), (line.GetValue(_fold), ColumnRole.Fold)];
        return [.. roles.Where(r => r.Column is not null).Select(r => new ColumnOverride(r.Column!, null, r.Role))];
    }

    private string Threshold(ParseResult line) => (line.GetValue(_threshold), line.GetValue(_cost)) switch
    {
        (null, null) => "auto",
        ({ } rule, null) => rule,
        (null, { } cost) => $"cost:{cost}",
        _ => throw new UsageException("--threshold and --cost exclude each other: give one of them."),
    };

    private bool IsRecommender(ParseResult line) =>
        line.GetRequiredValue(_task).Equals(TaskChoice.Recommend, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where networks are trained.</summary>
    /// <exception cref="UsageException">It is no device.</exception>
    public string Device(ParseResult line) => line.GetRequiredValue(_device) is var device && TorchDevice.IsValid(device)
        ? device
        : throw new UsageException($"There is no device '{device}'; choose {TorchDevice.Choices}.");

    /// <summary>The memory to stay within, in bytes, or null.</summary>
    /// <exception cref="UsageException">It is no amount of memory.</exception>
    public long? Memory(ParseResult line) => line.GetValue(_memory) is { } text ? MemoryText.Parse(text) : null;

    /// <summary>The words of lists that are separated by commas.</summary>
    internal static ImmutableArray<string> Words(string[]? lists) =>
        [.. (lists ?? []).SelectMany(list => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>The name to upload the model under, or null.</summary>
    /// <exception cref="UsageException">It is no name for a model.</exception>
    public string? UploadName(ParseResult line) => line.GetValue(_name) switch
    {
        null => null,
        var name when ModelNames.IsValid(name) => name,
        var other => throw new UsageException(ModelNames.Refusal(other)),
    };

    /// <summary>The server to upload to.</summary>
    /// <exception cref="UsageException">The address is none, or the key is missing.</exception>
    public ServerClient Server(ParseResult line) => new(line.GetRequiredValue(_url));
}
