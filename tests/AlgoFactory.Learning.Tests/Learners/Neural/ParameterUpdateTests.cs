using AlgoFactory.Learning.Learners.Neural;
using AlgoFactory.Learning.Learners.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Neural;

public class ParameterUpdateTests
{
    private static readonly Workers Workers = new(2, default);

    public static TheoryData<string> Rules() => ["adamw", "adagrad", "sgd"];

    [Theory, MemberData(nameof(Rules))]
    public void A_value_steps_the_same_in_a_vector_and_behind_it(string rule)
    {
        var parameter = new Parameter(19, decays: true);
        for (var step = 0; step < 20; step++)
        {
            parameter.Gradient.AsSpan().Fill(MathF.Sin(step));
            new ParameterUpdate(Rule(rule), 0.01f, 0.1f, 0).Step([parameter], 0.1f, Workers);
            parameter.Values.ShouldAllBe(v => v == parameter.Values[0]);
        }
    }

    [Theory, MemberData(nameof(Rules))]
    public void Steps_lead_to_the_least_of_a_bowl(string rule)
    {
        var parameter = new Parameter(3, decays: false);
        var update = new ParameterUpdate(Rule(rule), 0, 0, 0);
        float[] least = [1, -2, 0.5f];
        for (var step = 0; step < 2000; step++)
        {
            for (var i = 0; i < 3; i++)
                parameter.Gradient[i] = (i + 1) * (parameter.Values[i] - least[i]);
            update.Step([parameter], (rule == "adagrad" ? 0.5f : 0.05f) * (1 - step / 2000f), Workers);
        }

        for (var i = 0; i < 3; i++)
            parameter.Values[i].ShouldBe(least[i], 0.02);
    }

    [Fact]
    public void A_step_of_Adam_is_that_of_the_paper()
    {
        var parameter = new Parameter(1, decays: true);
        parameter.Values[0] = 2;
        var update = new ParameterUpdate(new AdamOptimizer(), 0, 0.5f, 0);
        double m = 0, v = 0, w = 2;
        for (var t = 1; t <= 5; t++)
        {
            var g = 0.3 * t;
            parameter.Gradient[0] = (float)g;
            update.Step([parameter], 0.01f, Workers);
            (m, v) = (0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g);
            w = (w - 0.01 * (m / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v / (1 - Math.Pow(0.999, t))) + 1e-8)) * (1 - 0.01 * 0.5);
            parameter.Values[0].ShouldBe((float)w, 1e-5);
        }
    }

    [Fact]
    public void The_absolute_penalty_stops_at_0()
    {
        var parameter = new Parameter(2, decays: true);
        (parameter.Values[0], parameter.Values[1]) = (0.05f, -3);
        new ParameterUpdate(new MomentumOptimizer(), 1, 0, 0).Step([parameter], 0.1f, Workers);
        parameter.Values[0].ShouldBe(0);
        parameter.Values[1].ShouldBe(-2.9f, 1e-6);
    }

    [Fact]
    public void A_long_gradient_is_cut_to_the_greatest_norm_over_all_parameters()
    {
        var (a, b) = (new Parameter(1, decays: false), new Parameter(4, decays: false, 2));
        (a.Gradient[0], b.Gradient[2], b.Gradient[3]) = (3, 4, 0);
        b.Touched!.Clear();
        b.Touched.Touch(1).ShouldBeTrue();
        b.Touched.Touch(1).ShouldBeFalse();
        b.Gradient[0] = 1000; // a row that the batch has not touched
        new ParameterUpdate(new MomentumOptimizer(), 0, 0, 1).Step([a, b], 1, Workers);
        a.Values[0].ShouldBe(-1.9f * 3 / 5, 1e-5);
        b.Values[2].ShouldBe(-1.9f * 4 / 5, 1e-5);
        b.Values[0].ShouldBe(0);
    }

    [Fact]
    public void Rates_rise_and_fall()
    {
        var cosine = new LearningRateSchedule(ScheduleKind.Cosine, 1, 0.1);
        cosine.At(0.05).ShouldBe(0.5f, 1e-6);
        cosine.At(0.1).ShouldBe(1, 1e-6);
        cosine.At(0.55).ShouldBe(0.5f, 1e-6);
        cosine.At(1).ShouldBe(0, 1e-6);
        var step = new LearningRateSchedule(ScheduleKind.Step, 1, 0);
        new[] { step.At(0), step.At(0.7), step.At(0.9) }.ShouldBe([1, 0.1f, 0.01f]);
    }

    private static IOptimizer Rule(string name) => name switch { "adagrad" => new AdagradOptimizer(), "sgd" => new MomentumOptimizer(), _ => new AdamOptimizer() };
}
