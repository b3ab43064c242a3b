using System.Numerics.Tensors;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// Limited-memory BFGS (Liu and Nocedal, 1989), and its orthant-wise form where the penalty has an absolute part
/// (Andrew and Gao, Scalable training of L1-regularized log-linear models, 2007). Deterministic.
/// Steps start out scaled by each variable's own curvature: a rare word's weight and a dense feature's need steps of
/// very different length.
/// </summary>
internal sealed class Lbfgs
{
    private const int Memory = 10;
    private const int MaxHalvings = 30;
    private const double SufficientDecrease = 1e-4;

    /// <summary>The largest gradient value at which the minimum counts as found.</summary>
    private const double GradientTolerance = 1e-5;

    /// <summary>The relative decrease below which, twice in a row, steps are no longer worth their time.</summary>
    private const double ValueTolerance = 1e-7;

    private readonly IObjective _objective;
    private readonly ElasticNet _penalty;
    private readonly double[] _unit;
    private readonly Queue<(double[] Step, double[] Change, double Curvature)> _history = new();

    public Lbfgs(IObjective objective, ElasticNet penalty)
    {
        _objective = objective;
        _penalty = penalty;
        _unit = objective.Curvature();
        penalty.AddCurvature(_unit);
        for (var i = 0; i < _unit.Length; i++)
            _unit[i] = _unit[i] > 0 && double.IsFinite(_unit[i]) ? 1 / _unit[i] : 1;
    }

    /// <summary>Moves <paramref name="point"/> to the minimum, or as near as steps and deadline allow.</summary>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public void Minimise(double[] point, int maxSteps, FitContext context)
    {
        var gradient = new double[point.Length];
        var next = new double[point.Length];
        var nextGradient = new double[point.Length];
        var slope = new double[point.Length];
        var direction = new double[point.Length];
        var value = Evaluate(point, gradient);
        var slow = 0;
        for (var step = 0; step < maxSteps && double.IsFinite(value); step++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (context.IsOverdue)
                return;
            context.Progress?.Report(new FitProgress(step, maxSteps, null));
            Subgradient(point, gradient, slope);
            if (!(TensorPrimitives.MaxMagnitude<double>(slope) is var largest && Math.Abs(largest) > GradientTolerance))
                return;
            Direction(slope, direction);
            if (!Search(point, value, slope, direction, next, nextGradient, out var nextValue))
            {
                if (_history.Count == 0)
                    return;
                // The curvature remembered misleads; start again from the steepest descent.
                _history.Clear();
                continue;
            }

            Remember(point, next, gradient, nextGradient);
            slow = value - nextValue <= ValueTolerance * Math.Max(Math.Abs(value), 1e-3) ? slow + 1 : 0;
            value = nextValue;
            next.CopyTo(point, 0);
            (gradient, nextGradient) = (nextGradient, gradient);
            if (slow == 2)
                return;
        }
    }

    private double Evaluate(double[] point, double[] gradient)
    {
        var value = _objective.Evaluate(point, gradient) + _penalty.Value(point);
        _penalty.AddGradient(point, gradient);
        return value;
    }

    /// <summary>The gradient, and at a kink of |x| the least of its one-sided slopes.</summary>
    private void Subgradient(ReadOnlySpan<double> point, ReadOnlySpan<double> gradient, Span<double> slope)
    {
        gradient.CopyTo(slope);
        if (!_penalty.HasL1)
            return;
        var l1 = _penalty.L1;
        for (var i = 0; i < slope.Length; i++)
            slope[i] = point[i] switch
            {
                > 0 => gradient[i] + l1[i],
                < 0 => gradient[i] - l1[i],
                _ => gradient[i] + l1[i] < 0 ? gradient[i] + l1[i] : gradient[i] - l1[i] > 0 ? gradient[i] - l1[i] : 0,
            };
    }

    /// <summary>The two-loop recursion; orthant-wise, a direction against the slope is given up.</summary>
    private void Direction(ReadOnlySpan<double> slope, Span<double> direction)
    {
        TensorPrimitives.Negate(slope, direction);
        var pairs = _history.ToArray();
        var factors = new double[pairs.Length];
        for (var i = pairs.Length - 1; i >= 0; i--)
        {
            factors[i] = TensorPrimitives.Dot<double>(pairs[i].Step, direction) / pairs[i].Curvature;
            TensorPrimitives.MultiplyAdd(pairs[i].Change, -factors[i], direction, direction);
        }

        TensorPrimitives.Multiply(direction, _unit, direction);
        if (pairs.Length > 0)
            TensorPrimitives.Multiply(direction, Scale(pairs[^1].Change, pairs[^1].Curvature), direction);
        for (var i = 0; i < pairs.Length; i++)
        {
            var factor = factors[i] - TensorPrimitives.Dot<double>(pairs[i].Change, direction) / pairs[i].Curvature;
            TensorPrimitives.MultiplyAdd(pairs[i].Step, factor, direction, direction);
        }

        if (!_penalty.HasL1)
            return;
        for (var i = 0; i < direction.Length; i++)
            if (direction[i] * slope[i] >= 0)
                direction[i] = 0;
    }

    /// <summary>How much the latest step found the curvature to differ from the assumed one.</summary>
    private double Scale(double[] change, double curvature)
    {
        double sum = 0;
        for (var i = 0; i < change.Length; i++)
            sum += change[i] * change[i] * _unit[i];
        return curvature / sum;
    }

    /// <summary>Backtracks from the whole step until the value falls enough (Armijo).</summary>
    private bool Search(
        double[] point, double value, double[] slope, double[] direction, double[] next, double[] nextGradient, out double nextValue)
    {
        nextValue = value;
        if (!(TensorPrimitives.Dot<double>(slope, direction) < 0))
            return false;
        double length = 1;
        for (var halving = 0; halving < MaxHalvings; halving++)
        {
            TensorPrimitives.MultiplyAdd(direction, length, point, next);
            if (_penalty.HasL1)
                Project(point, slope, next);
            nextValue = Evaluate(next, nextGradient);
            double expected = 0;
            for (var i = 0; i < next.Length; i++)
                expected += slope[i] * (next[i] - point[i]);
            if (nextValue <= value + SufficientDecrease * expected)
                return true;
            // The minimum of the parabola through what is known, if that is a reasonable step.
            var parabola = -0.5 * expected / (nextValue - value - expected);
            length *= double.IsFinite(parabola) ? Math.Clamp(parabola, 0.1, 0.5) : 0.1;
        }

        return false;
    }

    /// <summary>Holds a step to the orthant it set out in: a value that would change its sign becomes 0.</summary>
    private void Project(double[] point, double[] slope, double[] next)
    {
        var l1 = _penalty.L1;
        for (var i = 0; i < next.Length; i++)
        {
            var side = point[i] != 0 ? point[i] : -slope[i];
            if (l1[i] > 0 && next[i] * side <= 0)
                next[i] = 0;
        }
    }

    private void Remember(double[] point, double[] next, double[] gradient, double[] nextGradient)
    {
        var (step, change) = _history.Count == Memory && _history.Dequeue() is var oldest
            ? (oldest.Step, oldest.Change)
            : (new double[point.Length], new double[point.Length]);
        TensorPrimitives.Subtract(next, point, step);
        TensorPrimitives.Subtract(nextGradient, gradient, change);
        var curvature = TensorPrimitives.Dot<double>(step, change);
        if (curvature > 1e-12 * TensorPrimitives.SumOfSquares<double>(change))
            _history.Enqueue((step, change, curvature));
    }
}
