using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Learners;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Tests.Learners;

public sealed class OptimizerParametersTests
{
    [Fact]
    public void Each_network_is_trained_by_its_own_defaults()
    {
        TransformerParameters.Options(ParameterSet.Empty, 10_000).ShouldBe(new TrainingOptions
        {
            Optimizer = "adamw",
            Schedule = "cosine",
            Rate = 2e-3,
            WeightDecay = 0.05,
            Batch = 32,
            Epochs = 20,
            Patience = 5,
            Dropout = 0.2,
            TokenDropout = 0.1,
            Smoothing = 0.05,
            Average = 0.99,
            Clip = 1,
        });
        FusionParameters.Options(ParameterSet.Empty, 10_000).ShouldBe(new TrainingOptions
        {
            Optimizer = "adamw",
            Schedule = "one-cycle",
            Rate = 3e-3,
            WeightDecay = 0.05,
            Batch = 32,
            Epochs = 25,
            Patience = 8,
            Dropout = 0.1,
            TokenDropout = 0.1,
            Smoothing = 0,
            Average = 0.99,
            Clip = 5,
        });
        CnnParameters.Options(ParameterSet.Empty, 10_000).ShouldBe(new TrainingOptions
        {
            Optimizer = "adamw",
            Schedule = "one-cycle",
            Rate = 0.01,
            WeightDecay = 0.02,
            Batch = 64,
            Epochs = 30,
            Patience = 15,
            Dropout = 0.1,
            Smoothing = 0,
            Mixup = 0,
            Cutmix = 0,
            Average = 0.99,
            Clip = 5,
        });
    }

    [Fact]
    public void Few_rows_are_learned_in_many_small_steps()
    {
        CnnParameters.Options(ParameterSet.Empty, 1000).Batch.ShouldBe(1000 / 32);
        CnnParameters.Options(ParameterSet.Empty, 20).Batch.ShouldBe(8);
        TransformerParameters.Options(ParameterSet.Empty, 20).Batch.ShouldBe(4);
        FusionParameters.Options(ParameterSet.Empty, 20).Batch.ShouldBe(4);
    }

    [Fact]
    public void What_is_set_is_what_the_training_gets()
    {
        var set = ParameterSet.Empty.With("epochs", 3).With("batch_size", 16).With("learning_rate", 0.01).With("weight_decay", 0.1).With("dropout", 0.6)
            .With("label_smoothing", 0.2).With("ema", 0.5).With("gradient_clipping", 2).With("early_stopping_epochs", 4);
        var expected = new TrainingOptions
        {
            Rate = 0.01,
            WeightDecay = 0.1,
            Batch = 16,
            Epochs = 3,
            Patience = 4,
            Dropout = 0.6,
            Smoothing = 0.2,
            Average = 0.5,
            Clip = 2,
        };
        CnnParameters.Options(set, 10_000).ShouldBe(expected);
        FusionParameters.Options(set.With("token_dropout", 0.4), 10_000).ShouldBe(expected with { TokenDropout = 0.4 });
        TransformerParameters.Options(set.With("token_dropout", 0.4), 10_000).ShouldBe(expected with { Schedule = "cosine", TokenDropout = 0.4 });
        CnnParameters.Options(set.With("optimizer", "sgd").With("mixup", 0.3), 10_000)
            .ShouldBe(expected with { Optimizer = "sgd", Rate = 0.01 * 10, WeightDecay = 0.1 * 0.02, Mixup = 0.3 });
    }
}
