using AlgoFactory.Benchmarks.Factorization;
using AlgoFactory.Benchmarks.Learners;
using AlgoFactory.Benchmarks.Networks;
using AlgoFactory.Benchmarks.Neural;
using AlgoFactory.Benchmarks.Search;
using AlgoFactory.Benchmarks.Serving;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Benchmarks.Trust;

var entries = new SortedDictionary<string, Action<string[]>>(StringComparer.Ordinal)
{
    ["fm-tables"] = FmTables.Run,
    ["recommend-speed"] = RecommendSpeed.Run,
    ["recommend-tables"] = RecommendTables.Run,
    ["tuners"] = Tuners.Run,
    ["fusion-tables"] = FusionTables.Run,
    ["learner-tables"] = LearnerTables.Run,
    ["network-batches"] = NetworkBatches.Run,
    ["network-predictions"] = NetworkPredictions.Run,
    ["network-steps"] = NetworkSteps.Run,
    ["neural-gemm"] = NeuralGemm.Run,
    ["single-answers"] = SingleAnswers.Run,
    ["serving-batch"] = ServingBatch.Run,
    ["serving-compare"] = ServingCompare.Run,
    ["serving-empty"] = EmptyEndpoint.Run,
    ["serving-model"] = ServingModel.Run,
    ["serving-nodes"] = ServingNodes.Run,
    ["serving-pool"] = ServingPool.Run,
    ["serving-swaps"] = ServingSwaps.Run,
    ["trees-kernel"] = TreesKernel.Run,
    ["trees-packing"] = TreesPacking.Run,
    ["trees-train"] = TreesTrain.Run,
    ["trees-walk"] = TreesWalk.Run,
    ["trees-scale"] = TreesScale.Run,
    ["trees-rare"] = TreesRare.Run,
    ["trees-predict"] = TreesPredict.Run,
    ["trees-shap"] = TreesShap.Run,
    ["trees-tables"] = TreesTables.Run,
    ["trees-categories"] = TreesCategories.Run,
    ["trust-tables"] = TrustTables.Run,
    ["tuners"] = Tuners.Run,
};

if (args.Length == 0 || !entries.TryGetValue(args[0], out var entry))
{
    Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", entries.Keys)}.");
    return 2;
}

entry(args[1..]);
return 0;
