using System.Text.Json;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// What an experiment keeps on disk while and after it runs: the fitted model until it is published, and the report,
/// which is the <c>done</c> event's data.
/// </summary>
public sealed class ExperimentFiles(DataFolders folders)
{
    /// <summary>Where the fitted model is written before it is published.</summary>
    public string ModelPath(string id) => Path.Combine(folders.ExperimentFolder(id), "model.afm");

    /// <summary>Makes the experiment's folder.</summary>
    public void Create(string id) => Directory.CreateDirectory(folders.ExperimentFolder(id));

    /// <summary>Removes everything of an experiment; nothing there is no error.</summary>
    public void Delete(string id)
    {
        var folder = folders.ExperimentFolder(id);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Keeps the report; its model is then named by the registry, as <c>NAME/VERSION</c>, not by a path.</summary>
    public async Task WriteReportAsync(string id, TrainReport report, CancellationToken cancellation)
    {
        var part = ReportPath(id) + ".part";
        await using (var file = File.Create(part))
        {
            await JsonSerializer.SerializeAsync(file, report with { Model = "" }, ReportJson.Options, cancellation);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, ReportPath(id), overwrite: true);
    }

    /// <summary>The report of a completed experiment; null when it has none.</summary>
    public async Task<TrainReport?> ReadReportAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        if (experiment.State != ExperimentState.Completed || !File.Exists(ReportPath(experiment.Id)))
            return null;
        await using var file = File.OpenRead(ReportPath(experiment.Id));
        var report = await JsonSerializer.DeserializeAsync<TrainReport>(file, ReportJson.Options, cancellation);
        return report is null ? null : report with { Model = $"{experiment.Request.Name}/{experiment.ModelVersion}" };
    }

    private string ReportPath(string id) => Path.Combine(folders.ExperimentFolder(id), "report.json");
}
