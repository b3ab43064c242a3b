using System.Collections.Immutable;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>The parameters of factorization machines, under the names that libffm, xLearn and ML.NET use where they agree.</summary>
internal sealed class FactorizationParameters
{
    public const string EpochsName = "epochs";

    /// <summary>The most factors of a slot (for each field).</summary>
    public const int MaxFactors = 128;

    /// <summary>Epochs without a validation part and without a number of them.</summary>
    private const int BlindEpochs = 15;

    /// <summary>Passes of a field-aware machine after its shared ones, without a validation part and without a number of them.</summary>
    private const int BlindOwnEpochs = 2;

    /// <summary>Rows passed over without a better validation value before training stops.</summary>
    private const long PatientRows = 1_500_000;

    private const int RowsPerBin = 200;

    private const string Hogwild = "hogwild";

    private static readonly ParameterSpec LearningRate = ParameterSpec.Real(
        "learning_rate", 0.005, 1, 0.1, "Length of an AdaGrad step where a weight's squared gradients sum to 1.", log: true);

    private static readonly ParameterSpec L2 = ParameterSpec.Real(
        "l2", 1e-7, 0.1, 3e-4, "Penalty on weights and factors at each row that they are in (libffm's lambda).", log: true);

    /// <summary>Of field-aware machines.</summary>
    public static readonly ParameterSpec SharedEpochs = ParameterSpec.Integer(
        "shared_epochs", 0, 500, 100, "Passes at first with one vector a level, as fm has; its vectors for each field begin there. 0: they begin at random.", searched: false);

    private static readonly ParameterSpec Numeric = ParameterSpec.Choice(
        "numeric", ["bins", "values"], "Numbers as quantile bins, each with weights of its own, or as standardised values.");

    private static readonly ParameterSpec HashBits = ParameterSpec.Integer(
        "hash_bits", 8, 24, 20, "Levels, bins and words are hashed into 2^hash_bits places where there are more of them.", searched: false);

    private static readonly ParameterSpec Normalize = ParameterSpec.Flag(
        "normalize", true, "Whether each row is scaled to length 1.", searched: false);

    private static readonly ParameterSpec Parallel = ParameterSpec.Choice(
        "parallel", ["deterministic", Hogwild],
        "deterministic: row after row, the same model at any number of threads; hogwild: all threads at once without locks, another model each time.",
        searched: false);

    private readonly bool _fieldAware;
    private readonly ParameterSpec _factors;
    private readonly ParameterSpec _epochs;
    private readonly ParameterSpec _patience;
    private readonly ParameterSpec _bins;

    public FactorizationParameters(bool fieldAware, long rows)
    {
        _fieldAware = fieldAware;
        _factors = fieldAware
            ? ParameterSpec.Integer("factors", 1, 32, 4, "Length of a level's vector for each field (latent dimension).", log: true)
            : ParameterSpec.Integer("factors", 1, MaxFactors, 8, "Length of a level's vector (latent dimension).", log: true);
        // After shared epochs it may be best to leave each field's vectors as they are.
        _epochs = ParameterSpec.Integer(
            EpochsName, fieldAware ? 0 : 1, 500, 100, "Passes over the rows; early stopping keeps the best one.", searched: false);
        // Where only pairs say something, factors leave their saddle point at 0 after many steps, in which nothing gets better.
        _patience = ParameterSpec.Integer(
            "early_stopping_epochs", 1, 100, (int)Math.Clamp(PatientRows / Math.Max(1, rows), 3, 15), "Epochs without a better validation value before training stops.", searched: false);
        // A bin of fewer than some hundred rows says more of chance than of the label.
        _bins = ParameterSpec.Integer(
            "bins", 2, 256, (int)Math.Clamp(rows / RowsPerBin, 32, 128), "Quantile bins of a number; a missing one has a bin of its own.", log: true);
    }

    public ImmutableArray<ParameterSpec> All =>
    [
        _factors, LearningRate, L2, _epochs, .. _fieldAware ? [SharedEpochs] : ImmutableArray<ParameterSpec>.Empty, _patience, Numeric, _bins, HashBits, Normalize, Parallel,
    ];

    /// <summary>Settings that do well on many tables, after the defaults.</summary>
    public ImmutableArray<ParameterSet> Portfolio =>
    [
        // Numbers in a straight line.
        ParameterSet.Empty.With(Numeric.Name, Numeric.Choices[1]),
        // Many levels and strong pairs: long steps, held back.
        ParameterSet.Empty.With(LearningRate.Name, 0.3).With(L2.Name, 3e-3),
        // Few levels: short steps.
        ParameterSet.Empty.With(LearningRate.Name, 0.05).With(L2.Name, 2e-5),
    ];

    public FactorizationOptions Read(ParameterSet set, bool hasValidation) => new()
    {
        Factors = set.Integer(_factors),
        LearningRate = (float)set.Number(LearningRate),
        L2 = (float)set.Number(L2),
        Epochs = hasValidation || set.Has(EpochsName) ? set.Integer(_epochs) : _fieldAware ? BlindOwnEpochs : BlindEpochs,
        SharedEpochs = !_fieldAware ? 0 : hasValidation || set.Has(SharedEpochs.Name) ? set.Integer(SharedEpochs) : BlindEpochs,
        Patience = set.Integer(_patience),
        Bins = set.Choice(Numeric) == Numeric.Choices[0] ? set.Integer(_bins) : 0,
        HashBits = set.Integer(HashBits),
        Normalize = set.Flag(Normalize),
        Hogwild = set.Choice(Parallel) == Hogwild,
    };

}
