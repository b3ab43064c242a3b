namespace AlgoFactory.Hosting.Options;

/// <summary>The folders and files below the data folder. Only the owner may read them.</summary>
public sealed class DataFolders
{
    /// <summary>Lays the folders out (and makes those that are missing).</summary>
    public DataFolders(AlgoFactoryOptions options)
    {
        Root = ProgramFolder.Resolve(options.DataFolder);
        Models = ProgramFolder.Resolve(options.ModelsFolder);
        Uploads = Path.Combine(Root, "uploads");
        Incoming = Path.Combine(Root, "incoming");
        Experiments = Path.Combine(Root, "experiments");
        Batches = Path.Combine(Root, "batches");
        PredictionLog = Path.Combine(Root, "predictions");
        ProtectionKeys = Path.Combine(Root, "protection-keys");
        Make("data folder", Root, MakePrivate);
        foreach (var folder in (string[])[Uploads, Incoming, Experiments, Batches, PredictionLog, ProtectionKeys])
            MakePrivate(folder);
        Make("models folder", Models, folder => Directory.CreateDirectory(folder));
        if (!options.Database.IsPostgreSql)
        {
            if (string.IsNullOrWhiteSpace(options.Database.ConnectionString))
                MakePrivateFile(Database);
            MakePrivateFile(JobDatabase);
        }
    }

    /// <summary>The data folder.</summary>
    public string Root { get; }

    /// <summary>The model registry's folder.</summary>
    public string Models { get; }

    /// <summary>The data sets' files, under generated names.</summary>
    public string Uploads { get; }

    /// <summary>Uploads on their way in; emptied at start.</summary>
    public string Incoming { get; }

    /// <summary>One folder an experiment: its model before it is published, and its report.</summary>
    public string Experiments { get; }

    /// <summary>One folder a batch: its file, what is scored of it, and the scored file.</summary>
    public string Batches { get; }

    /// <summary>The log of predictions.</summary>
    public string PredictionLog { get; }

    /// <summary>Keys that protect sign-in cookies.</summary>
    public string ProtectionKeys { get; }

    /// <summary>The metadata on SQLite.</summary>
    public string Database => Path.Combine(Root, "algofactory.db");

    /// <summary>The job store on SQLite.</summary>
    public string JobDatabase => Path.Combine(Root, "jobs.db");

    /// <summary>A data set's file.</summary>
    public string UploadPath(string fileName) => Path.Combine(Uploads, fileName);

    /// <summary>
    /// The mark of a data set's file that is being placed or removed: what a killed server left in doubt, and nothing else,
    /// may be removed at the next start.
    /// </summary>
    public string DoubtPath(string fileName) => Path.Combine(Incoming, fileName + ".doubt");

    /// <summary>An experiment's folder.</summary>
    public string ExperimentFolder(string id) => Path.Combine(Experiments, id);

    /// <summary>
    /// Makes the databases' files, empty, for the owner alone before SQLite would make them for everybody: a data folder
    /// that was there before us may be open to others. SQLite gives its other files the same mode.
    /// </summary>
    private static void MakePrivateFile(string path)
    {
        if (!OperatingSystem.IsWindows() && !File.Exists(path))
            new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
    }

    /// <summary>The two folders that an operator chooses: a wrong choice is the likeliest fault of a first start.</summary>
    private static void Make(string what, string folder, Action<string> make)
    {
        try
        {
            make(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = File.Exists(folder) ? "a file has that name" : e is UnauthorizedAccessException ? "this user may not write there" : e.Message.TrimEnd('.');
            throw new IOException($"The {what} '{folder}' cannot be made ({reason}); choose another one.", e);
        }
    }

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
