using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// FLOW2 (Wu, Wang and Huang, Frugal optimization for cost-related hyperparameters, AAAI 2021): a step in a random direction,
/// else the opposite step, else another direction; where none helps the steps shrink, and when they are small it starts
/// again elsewhere. It needs no gradient and no model of the loss, and since it goes in small steps from a cheap start, what
/// it tries costs little more than the best it has.
/// </summary>
internal sealed class Flow2
{
    private const double FirstStep = 0.1;
    private const double LastStep = 0.01;

    /// <summary>
    /// Directions without progress before steps shrink: the paper's 2^(d-1), but never more than this, for a sweep has some
    /// hundred trials where theirs have thousands.
    /// </summary>
    private const int MostStalls = 4;

    private readonly UnitCube _cube;
    private readonly SplitMix64 _random;
    private readonly double[] _direction;
    private ParameterSet _onto;
    private double[] _center;
    private double _loss = double.PositiveInfinity;
    private double _step;
    private bool _back;
    private int _stalls;
    private int _trials;
    private int _trialsAtBest;
    private double[]? _pending;

    public Flow2(UnitCube cube, ParameterSet start, SplitMix64 random)
    {
        (_cube, _random, _onto) = (cube, random, start);
        _center = cube.Encode(start);
        _direction = new double[cube.Dimensions];
        _step = Scale(FirstStep);
    }

    private int Stalls => Math.Min(MostStalls, 1 << Math.Min(_cube.Dimensions - 1, 16));

    /// <summary>The next setting. One that was never told of counts as no progress.</summary>
    public ParameterSet Next()
    {
        if (_pending is not null)
            Told(null);
        _pending = double.IsPositiveInfinity(_loss) ? _center : Stepped();
        return _cube.Decode(_pending, _onto);
    }

    /// <summary>How the last setting did; null: it failed or was not tried.</summary>
    public void Told(double? loss)
    {
        if (_pending is not { } tried)
            return;
        _pending = null;
        _trials++;
        if (loss < _loss)
        {
            (_center, _loss, _back, _stalls, _trialsAtBest) = (tried, loss.Value, false, 0, _trials);
            return;
        }

        if (double.IsPositiveInfinity(_loss))
        {
            // The start itself failed.
            _center = _cube.Draw(_random);
            return;
        }

        _back = !_back;
        if (!_back && ++_stalls >= Stalls)
            Shrink();
    }

    /// <summary>Another search has found something better: it goes on from there.</summary>
    public void MoveTo(ParameterSet setting, double loss)
    {
        (_center, _onto, _loss) = (_cube.Encode(setting), setting, loss);
        (_back, _stalls, _pending, _trialsAtBest) = (false, 0, null, ++_trials);
    }

    private void Shrink()
    {
        _stalls = 0;
        // The paper's rate: the longer the best has stood, the smaller the steps.
        _step *= Math.Min(0.7, Math.Sqrt((double)Math.Max(1, _trialsAtBest) / Math.Max(1, _trials)));
        _trialsAtBest = _trials;
        if (_step >= Scale(LastStep))
            return;
        _step = Scale(FirstStep);
        _center = _cube.Draw(_random);
        _loss = double.PositiveInfinity;
    }

    private double Scale(double step) => step * Math.Sqrt(_cube.Dimensions);

    private double[] Stepped()
    {
        if (!_back)
            DrawDirection();
        var point = new double[_center.Length];
        for (var i = 0; i < point.Length; i++)
            point[i] = _cube.Categories(i) is > 0 and var categories
                ? StepCategory(_center[i], categories)
                : Math.Clamp(_center[i] + (_back ? -_step : _step) * _direction[i], 0, 1);
        return point;
    }

    /// <summary>A category has no direction: it is drawn again now and then.</summary>
    private double StepCategory(double unit, int categories) => _random.NextDouble() < _step
        ? UnitCube.MiddleOf(_random.NextInt(categories), categories)
        : unit;

    /// <summary>Evenly from the unit sphere: a normal vector, scaled (Muller 1959).</summary>
    private void DrawDirection()
    {
        var sum = 0.0;
        for (var i = 0; i < _direction.Length; i++)
        {
            _direction[i] = _random.NextNormal();
            sum += _direction[i] * _direction[i];
        }

        for (var i = 0; i < _direction.Length; i++)
            _direction[i] /= Math.Sqrt(sum);
    }
}
