using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Grid search: every combination of a few values a parameter, each exactly once. Values are the middles of equal cells
/// (of the range's logarithm where the space says so), all of a category's. The points of all learners come in one random
/// order, so that what a budget leaves undone is missing everywhere alike; when a grid is done it is refined to three times as
/// many values, whose middles the coarser ones are, and the new points follow.
/// </summary>
public sealed class GridTuner : ITuner
{
    /// <summary>A refinement to more points than that is not begun: the search is over.</summary>
    private const int MostPoints = 200_000;

    private readonly (string Id, UnitCube Cube)[] _learners;
    private readonly SplitMix64 _random;
    private readonly ProposalMemory _memory = new();
    private (int Learner, int Point)[] _order = [];
    private int _values = 1;
    private int _next;

    /// <summary>Creates the grid over those learners that have something to vary; the first has three values a parameter.</summary>
    public GridTuner(IEnumerable<TunedLearner> learners, int seed)
    {
        _learners = [.. learners.Where(l => l.IsSearchable).Select(l => (l.Id, new UnitCube(l.Space)))];
        _random = new SplitMix64((ulong)seed);
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        do
        {
            while (_next < _order.Length)
            {
                var (learner, point) = _order[_next++];
                var (id, cube) = _learners[learner];
                var proposal = new Proposal(id, cube.Decode(Coordinates(cube, point), ParameterSet.Empty));
                // Whole numbers of a short range may fall together.
                if (!_memory.IsGivenUp(id) && _memory.Add(proposal))
                    return proposal;
            }
        }
        while (Refine());
        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation) => _memory.Observe(observation);

    private bool Refine()
    {
        _values *= 3;
        var counts = Array.ConvertAll(_learners, l => Points(l.Cube));
        var total = counts.Sum();
        // Where every parameter is a category, finer is the same again.
        if (total > MostPoints || total <= _order.Length)
            return false;
        var order = new (int Learner, int Point)[(int)total];
        var at = 0;
        for (var learner = 0; learner < counts.Length; learner++)
            for (var point = 0; point < counts[learner]; point++)
                order[at++] = (learner, point);
        _random.Shuffle<(int, int)>(order);
        (_order, _next) = (order, 0);
        return true;
    }

    private double Points(UnitCube cube)
    {
        var points = 1.0;
        for (var axis = 0; axis < cube.Dimensions; axis++)
            points *= ValuesOf(cube, axis);
        return points;
    }

    private int ValuesOf(UnitCube cube, int axis) => cube.Categories(axis) is > 0 and var categories ? categories : _values;

    /// <summary>A point's number read as a number of mixed radix: one digit an axis.</summary>
    private double[] Coordinates(UnitCube cube, int point)
    {
        var coordinates = new double[cube.Dimensions];
        for (var axis = 0; axis < coordinates.Length; axis++)
        {
            (point, var digit) = Math.DivRem(point, ValuesOf(cube, axis));
            coordinates[axis] = UnitCube.MiddleOf(digit, ValuesOf(cube, axis));
        }

        return coordinates;
    }
}
