using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Baseline;
using AlgoFactory.Learning.Learners.Bayes;
using AlgoFactory.Learning.Learners.Factorization;
using AlgoFactory.Learning.Learners.FactorizationMachines;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Learners.Neighbors;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Learners.Neural;
using AlgoFactory.Learning.Learners.Text;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners;

/// <summary>What this program learns with and reads on its own: explicit lists, no reflection.</summary>
public static class BuiltIn
{
    /// <summary>The learners.</summary>
    public static LearnerCatalog Catalog { get; } = new(
        new BaselineLearner(), new LinearLearner(), new GbdtLearner(), ForestLearner.RandomForest(), ForestLearner.ExtraTrees(),
        FactorizationLearner.Fm(), FactorizationLearner.Ffm(), new MlpLearner(), new NaiveBayesLearner(), new NeighborsLearner(),
        new MfLearner(), new NcfLearner(), new ItemKnnLearner(), new PopularityLearner(), new FastTextLearner(),
        TransferLearner.FromImages(), TransferLearner.FromTexts());

    /// <summary>The readers of all their models and of all featurizers.</summary>
    public static ArtefactReaders Readers { get; } = new(
        [
            .. BaselineFormats.Readers, .. LinearFormats.Readers, .. TreeFormats.Readers, .. FactorizationFormats.Readers, .. RecommenderFormats.Readers,
            .. MlpFormats.Readers, .. NaiveBayesFormats.Readers, .. NeighborsFormats.Readers, .. FastTextFormats.Readers,
            .. NetworkFormats.Readers,
        ],
        FeaturizerFormats.Readers);
}
