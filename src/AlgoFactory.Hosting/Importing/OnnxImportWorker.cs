using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Hosting.Importing;

/// <summary>What the process is asked to do.</summary>
/// <param name="File">The ONNX file; or a model file, where <paramref name="Output"/> is null.</param>
/// <param name="DataName">Its name for people.</param>
/// <param name="Output">The model file to write; null: the given model file is tried.</param>
/// <param name="Options">What the user says of the ONNX file.</param>
/// <param name="MemoryBytes">The most memory that the process may take.</param>
internal sealed record OnnxImportJob(string File, string DataName, string? Output, OnnxImportOptions Options, long MemoryBytes);

/// <summary>What it answers.</summary>
/// <param name="Error">Why it cannot be served; null: it can.</param>
/// <param name="Report">What became of an ONNX file.</param>
internal sealed record OnnxImportAnswer(string? Error, OnnxImportReport? Report);

/// <summary>The JSON object of <c>import --json</c>.</summary>
/// <param name="Model">The model file.</param>
/// <param name="Task">The task.</param>
/// <param name="Classes">Its classes; empty for a regression.</param>
/// <param name="Columns">The columns that it reads.</param>
/// <param name="Output">The graph's output that is asked for.</param>
/// <param name="Scores">What that is: value, probability or logit.</param>
/// <param name="RowMilliseconds">What one row took, in the middle of those tried.</param>
/// <param name="Notes">What its users should know.</param>
public sealed record OnnxImportReport(
    string Model, TaskKind Task, ImmutableArray<string> Classes, ImmutableArray<ImportedColumn> Columns, string Output, string Scores, double RowMilliseconds, ImmutableArray<string> Notes);

/// <summary>A column of an imported model.</summary>
public sealed record ImportedColumn(string Name, ColumnKind Kind);

/// <summary>The process that first loads a user's graph.</summary>
public static class OnnxImportWorker
{
    /// <summary>The program's command; in no help.</summary>
    public const string Command = "onnx-import";

    private const int Nice = 10;

    /// <summary>Reads a job from the first line of standard input and writes its answer to standard output; ends when standard input does.</summary>
    public static int Run()
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        var job = JsonSerializer.Deserialize<OnnxImportJob>(input.ReadLine() ?? "", ReportJson.Options)!;
        EndWith(input);
        WorkerLimits.Apply(Nice, job.MemoryBytes);
        using var output = Console.OpenStandardOutput();
        JsonSerializer.Serialize(output, Answer(job), ReportJson.Options);
        return 0;
    }

    /// <summary>Whoever asked holds the pipe open, until it has its answer or is killed: then nobody takes away what this process writes.</summary>
    private static void EndWith(StreamReader input) => new Thread(() =>
    {
        while (input.Read() >= 0)
        {
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
    })
    { IsBackground = true }.Start();

    private static OnnxImportAnswer Answer(OnnxImportJob job)
    {
        try
        {
            if (job.Output is not null)
                return new OnnxImportAnswer(null, Import(job));
            ModelFile.Load(job.File, BuiltIn.Readers);
            return new OnnxImportAnswer(null, null);
        }
        catch (Exception e) when (e is LearningException or ArtefactFormatException or IOException or UnauthorizedAccessException)
        {
            return new OnnxImportAnswer(e.Message, null);
        }
        catch (OutOfMemoryException)
        {
            return new OnnxImportAnswer("The ONNX file cannot be served: it takes more memory than is allowed.", null);
        }
    }

    private static OnnxImportReport Import(OnnxImportJob job)
    {
        var imported = OnnxImport.Read(File.ReadAllBytes(job.File), job.Options);
        var predictor = imported.Predictor;
        var (schema, task) = (predictor.Schema, predictor.Task);
        // Nothing is known of the data that it was trained on.
        var profile = new DatasetProfile(0, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, 0, 0, 0))]);
        var lineage = new TrainingLineage
        {
            CreatedAt = TimeProvider.System.GetUtcNow(),
            ProgramVersion = typeof(OnnxImportWorker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            DataName = job.DataName,
            Rows = 0,
            Seed = 0,
            Trials = 0,
            Validation = "none: the model was made elsewhere",
            Metric = MetricCatalog.Default(task.Kind).Name,
            Warnings = imported.Notes,
        };
        new ModelFile(predictor, lineage, ImmutableSortedDictionary<string, double>.Empty, profile, [], Warmup(schema)).Save(job.Output!);
        return new OnnxImportReport(
            job.Output!, task.Kind, task.Classes, [.. predictor.InputColumns.Select(c => new ImportedColumn(c.Name, c.Kind))], imported.Output,
            imported.Scores.ToString().ToLowerInvariant(), imported.RowMilliseconds, imported.Notes);
    }

    private static ImmutableArray<ImmutableDictionary<string, string>> Warmup(Schema schema) =>
        [schema.Features.Where(c => c.Kind != ColumnKind.Text).ToImmutableDictionary(c => c.Name, c => c.Kind switch
        {
            ColumnKind.Image => WarmupRows.OnePixel,
            ColumnKind.Boolean => c.Levels[0],
            _ => "0",
        }, StringComparer.Ordinal)];
}
