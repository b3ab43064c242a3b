using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Hosting.Tests;

/// <summary>A model of a sample, trained once for all tests of a class.</summary>
public sealed class TrainedModel : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>A model of the penguins' species.</summary>
    public ModelFile Penguins => field ??= Train("penguins.csv", "species");

    /// <summary>A model of the concrete's strength.</summary>
    public ModelFile Concrete => field ??= Train("concrete.csv", "compressive_strength");

    /// <summary>How files are read.</summary>
    public static ReadOptions Read { get; } = new();

    private ModelFile Train(string sample, string label)
    {
        var output = _folder[$"{sample}.afm"];
        new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(
            new TrainRequest
            {
                File = TempFolder.Sample(sample),
                DataName = sample,
                Label = label,
                Trials = 2,
                StartedAt = DateTimeOffset.UtcNow,
                OutputPath = output,
            },
            null, CancellationToken.None).GetAwaiter().GetResult();
        return ModelFile.Load(output, BuiltIn.Readers);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
