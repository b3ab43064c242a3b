using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Exporting;

/// <summary>Holds an exported file against its predictor: both score the same rows, the file in ONNX Runtime.</summary>
public sealed class OnnxCheck : IDisposable
{
    /// <summary>The largest difference that passes, in units of max(1, |score|).</summary>
    public const double Tolerance = 1e-5;

    private readonly Predictor _predictor;
    private readonly OnnxSession _session;
    private readonly OnnxInput[] _inputs;

    /// <summary>Loads an exported file.</summary>
    /// <exception cref="LearningException">ONNX Runtime is not installed or refuses the file.</exception>
    public OnnxCheck(Predictor predictor, IEnumerable<OnnxInput> inputs, string path)
    {
        _predictor = predictor;
        _inputs = [.. inputs];
        try
        {
            _session = new OnnxSession(File.ReadAllBytes(path));
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message, e);
        }
    }

    /// <summary>The largest difference of the two scores over some rows, in units of max(1, |score|).</summary>
    /// <exception cref="LearningException">ONNX Runtime fails.</exception>
    public double Difference(Frame rows)
    {
        if (rows.RowCount == 0)
            return 0;
        var largest = 0.0;
        var own = _predictor.Predict(rows).Scores;
        var other = Scores(rows);
        for (var i = 0; i < own.Length; i++)
        {
            var difference = Math.Abs((double)own[i] - other[i]) / Math.Max(1, Math.Abs((double)own[i]));
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private float[] Scores(Frame rows)
    {
        try
        {
            return _session.Run(rows.RowCount, [.. _inputs.Select(i => KeyValuePair.Create(i.Name, Values(rows, i)))], OnnxExport.Scores);
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message, e);
        }
    }

    private Array Values(Frame rows, OnnxInput input)
    {
        if (_predictor.InputColumns.Single(c => c.Name == input.Name).Kind != ColumnKind.Categorical)
            return FeaturizerGuard.Numbers(rows, input.Name).ToArray();
        var column = FeaturizerGuard.Categories(rows, input.Name);
        // A text that is no level, whatever the levels are.
        var unknown = string.Concat(column.Levels.DefaultIfEmpty("").MaxBy(l => l.Length), "?");
        return column.Codes.ToArray().Select(code => code switch
        {
            CategoryColumn.Missing => "",
            CategoryColumn.Unknown => unknown,
            _ => column.Levels[code],
        }).ToArray();
    }
}
