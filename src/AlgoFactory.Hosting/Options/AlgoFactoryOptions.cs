using System.ComponentModel.DataAnnotations;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Hosting.Options;

/// <summary>
/// The settings of the service: section <c>AlgoFactory</c> of <c>appsettings.json</c>, overridden by the environment
/// (<c>ALGOFACTORY__DATAFOLDER=…</c>) and by the command line (<c>--data</c>, <c>--models</c>, <c>--urls</c>).
/// </summary>
public sealed class AlgoFactoryOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "AlgoFactory";

    /// <summary>Addresses to listen on, separated by <c>;</c>.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    /// <summary>Folder for the metadata, uploaded data and staged files; relative paths count from the program's folder.</summary>
    [Required]
    public string DataFolder { get; set; } = "data";

    /// <summary>Folder of the model registry; relative paths count from the program's folder.</summary>
    [Required]
    public string ModelsFolder { get; set; } = "models";

    /// <summary>Where the metadata is kept.</summary>
    public DatabaseOptions Database { get; set; } = new();

    /// <summary>Uploads.</summary>
    public UploadOptions Uploads { get; set; } = new();

    /// <summary>The model registry.</summary>
    public RegistryOptions Registry { get; set; } = new();

    /// <summary>Sign-in and keys.</summary>
    public AccessOptions Access { get; set; } = new();

    /// <summary>The worker process.</summary>
    public WorkerOptions Worker { get; set; } = new();

    /// <summary>How long things are kept.</summary>
    public RetentionOptions Retention { get; set; } = new();

    /// <summary>What a prediction request may ask for.</summary>
    public PredictionOptions Predictions { get; set; } = new();

    /// <summary>The log of predictions.</summary>
    public PredictionLogSettings PredictionLog { get; set; } = new();

    /// <summary>Watching and alerts.</summary>
    public MonitoringOptions Monitoring { get; set; } = new();

    /// <summary>Traces.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();
}

/// <summary>Where the metadata is kept.</summary>
public sealed class DatabaseOptions
{
    /// <summary><c>sqlite</c> (one machine) or <c>postgresql</c> (also for several).</summary>
    [RegularExpression("^(?i:sqlite|postgres|postgresql)$", ErrorMessage = "AlgoFactory:Database:Provider must be 'sqlite' or 'postgresql'.")]
    public string Provider { get; set; } = "sqlite";

    /// <summary>The connection string; for SQLite null means <c>algofactory.db</c> in the data folder.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether the metadata lies on PostgreSQL.</summary>
    public bool IsPostgreSql => Provider.StartsWith("postgres", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Uploads.</summary>
public sealed class UploadOptions
{
    /// <summary>The largest file, in bytes; a larger one is refused with 413.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; set; } = 4L << 30;

    /// <summary>What all data sets together may take, in bytes; beyond it an upload is refused with 507.</summary>
    [Range(1, long.MaxValue)]
    public long QuotaBytes { get; set; } = 64L << 30;

    /// <summary>Free bytes that an upload leaves on the disk, so that predictions, logs and the database go on.</summary>
    [Range(0, long.MaxValue)]
    public long KeepFreeBytes { get; set; } = 256L << 20;

    /// <summary>The largest model file, in bytes.</summary>
    [Range(1, long.MaxValue)]
    public long MaxModelBytes { get; set; } = 2L << 30;
}

/// <summary>The model registry.</summary>
public sealed class RegistryOptions
{
    /// <summary>The key that versions are signed with, 32 characters or more; null: they are not signed. With it, only signed ones are served.</summary>
    [MinLength(ModelSigner.MinKeyLength, ErrorMessage = "SigningKey must have 32 characters or more, such as those of: openssl rand -base64 48.")]
    public string? SigningKey { get; set; }

    /// <summary>What signs and checks; null: nothing does.</summary>
    internal ModelSigner? Signer => SigningKey is null ? null : new ModelSigner(SigningKey);
}

/// <summary>Sign-in and keys.</summary>
public sealed class AccessOptions
{
    /// <summary>What a caller without a key may do; null (the default): nothing.</summary>
    public KeyRole? AnonymousRole { get; set; }

    /// <summary>Hours until a signed-in browser that was not used has to sign in again.</summary>
    [Range(1, 24 * 90)]
    public int SessionHours { get; set; } = 12;
}

/// <summary>The worker process, in which data is read and models are trained.</summary>
public sealed class WorkerOptions
{
    /// <summary>Whether the server starts a worker of its own; switch it off where workers are started by hand.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Memory the worker may use, in MiB; 0: three quarters of the machine's.</summary>
    [Range(0, int.MaxValue)]
    public int MemoryMiB { get; set; }

    /// <summary>Threads of one experiment; 0: one a core.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Experiments that run at once; the others wait.</summary>
    [Range(1, 64)]
    public int Experiments { get; set; } = 1;

    /// <summary>How much the worker yields to the server: 0 (not at all) to 19.</summary>
    [Range(0, 19)]
    public int Nice { get; set; } = 10;

    /// <summary>
    /// In a cluster: seconds that a worker may be silent before another one takes over what it was running. Longer than the worst pause
    /// of a machine that lives (a moved virtual machine, a database that fails over).
    /// </summary>
    [Range(2, 3600)]
    public int TakeOverSeconds { get; set; } = 15;
}

/// <summary>How long things are kept; 0 keeps them for ever.</summary>
public sealed class RetentionOptions
{
    /// <summary>Days after its end that an experiment is removed (its published model stays).</summary>
    [Range(0, 36500)]
    public int ExperimentDays { get; set; }

    /// <summary>Days after its upload that a data set no experiment uses is removed.</summary>
    [Range(0, 36500)]
    public int DatasetDays { get; set; }

    /// <summary>Days after its end that a batch is removed, with its file and its scored file.</summary>
    [Range(0, 36500)]
    public int BatchDays { get; set; } = 7;
}

/// <summary>What a prediction request may ask for.</summary>
public sealed class PredictionOptions
{
    /// <summary>The most rows of one request.</summary>
    [Range(1, int.MaxValue)]
    public int MaxRows { get; set; } = 100_000;

    /// <summary>The largest request, in bytes; a packed one when it is unpacked.</summary>
    [Range(1, 1 << 30)]
    public int MaxBytes { get; set; } = 64 << 20;

    /// <summary>The most values of one row, those that are passed over too.</summary>
    [Range(1, 1_000_000)]
    public int MaxColumns { get; set; } = 10_000;

    /// <summary>The longest text, in bytes of UTF-8.</summary>
    [Range(1, 1 << 30)]
    public int MaxTextBytes { get; set; } = 1 << 20;

    /// <summary>The longest that a request may take, in seconds; it may ask for less with <c>?timeoutMs=</c>.</summary>
    [Range(1, 3600)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Requests in flight, of all callers; beyond it they are refused with 503. 0: no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxConcurrent { get; set; } = 1000;

    /// <summary>Requests in flight, of one key; beyond it they are refused with 429. 0: no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxConcurrentPerKey { get; set; }

    /// <summary>Requests a second of one key, in the long run; beyond it they are refused with 429. 0: no limit.</summary>
    [Range(0, 1e9)]
    public double RequestsPerSecondPerKey { get; set; }

    /// <summary>Requests that a key may send at once before its rate counts.</summary>
    [Range(1, int.MaxValue)]
    public int BurstPerKey { get; set; } = 100;

    /// <summary>
    /// What the models of all deployments may take in memory, in MiB (the unpacked size of their files); those not asked for
    /// longest are unloaded, and loaded again by the next request. 0: no limit, all are kept loaded.
    /// </summary>
    [Range(0, 1 << 30)]
    public long ModelMemoryMiB { get; set; }

    /// <summary>
    /// Minutes for which the versions that a deployment served before stay loaded, so that a rollback takes effect at once; 0: they
    /// are freed with their last request. They go first where <see cref="ModelMemoryMiB"/> is short.
    /// </summary>
    [Range(0, 1440)]
    public double KeepReplacedMinutes { get; set; } = 10;

    /// <summary>Names that callers may send in rows beside a model's columns, such as an order number; they are passed over.</summary>
    public string[] PassThrough { get; set; } = [];
}

/// <summary>The log of predictions: what feedback, drift and retraining work on.</summary>
public sealed class PredictionLogSettings
{
    /// <summary>Whether predictions are logged at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The share of requests that is logged where a deployment's own settings say nothing, from 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double Share { get; set; } = 1;

    /// <summary>Columns that are never logged, such as <c>name</c> or <c>birthday</c>, whatever a deployment's own settings say.</summary>
    public string[] Masked { get; set; } = [];

    /// <summary>Whether columns of free text are logged.</summary>
    public bool Texts { get; set; }

    /// <summary>Seconds after which rows are written at the latest.</summary>
    [Range(1, 3600)]
    public int FlushSeconds { get; set; } = 10;

    /// <summary>Memory for rows that wait to be written, in MiB; beyond it rows are dropped and counted.</summary>
    [Range(1, 4096)]
    public int QueueMiB { get; set; } = 64;

    /// <summary>Days that rows are kept; 0: for ever.</summary>
    [Range(0, 36500)]
    public int Days { get; set; } = 30;

    /// <summary>Bytes that the log may take; the oldest rows go first.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; set; } = 8L << 30;
}

/// <summary>Watching and alerts.</summary>
public sealed class MonitoringOptions
{
    /// <summary>Whether the worker watches deployments: drift, live metrics, alerts, retraining.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Seconds between two looks.</summary>
    [Range(1, 3600)]
    public int IntervalSeconds { get; set; } = 60;

    /// <summary>Days after a prediction that its label is still taken.</summary>
    [Range(1, 36500)]
    public int FeedbackDays { get; set; } = 30;

    /// <summary>Hosts that alerts may be sent to by webhook, such as <c>hooks.example.com</c>; none: no webhooks.</summary>
    public string[] WebhookHosts { get; set; } = [];

    /// <summary>Whether a webhook's host may have a private address, such as 10.0.0.5 or this machine itself.</summary>
    public bool AllowPrivateWebhooks { get; set; }

    /// <summary>The mail server.</summary>
    public SmtpOptions Smtp { get; set; } = new();
}

/// <summary>The mail server that alerts go out by.</summary>
public sealed class SmtpOptions
{
    /// <summary>Its host; null: no mail is sent.</summary>
    public string? Host { get; set; }

    /// <summary>Its port.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    /// <summary>Whether the connection must be encrypted (STARTTLS, or TLS from the start on port 465).</summary>
    public bool RequireTls { get; set; } = true;

    /// <summary>The user; null: none.</summary>
    public string? User { get; set; }

    /// <summary>The password; give it through the environment, not in the file.</summary>
    public string? Password { get; set; }

    /// <summary>The sender's address.</summary>
    public string From { get; set; } = "algofactory@localhost";
}

/// <summary>Traces.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Where OTLP traces go (http/protobuf), such as <c>http://collector:4318/v1/traces</c>; null: nowhere.</summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary>Whether the log is written as JSON, one object a line, for programs that collect it.</summary>
    public bool JsonLogs { get; set; }
}
