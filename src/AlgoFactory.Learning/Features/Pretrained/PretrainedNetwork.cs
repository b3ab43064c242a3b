using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// A network that others trained, answered by ONNX Runtime one value after the other: a row's numbers must not depend on its neighbours.
/// Models that hold the same weights share one, and with it what it has answered: a sweep asks for the same images
/// in each fold and trial, and the members of an ensemble for those of the same row. Answers are kept as long as the value lives.
/// </summary>
internal sealed class PretrainedNetwork
{
    private static readonly ConcurrentDictionary<string, WeakReference<PretrainedNetwork>> Known = new(StringComparer.Ordinal);

    private readonly Lazy<OnnxSession> _session;
    private readonly string _output;
    private readonly int _width;
    private readonly ConditionalWeakTable<object, float[]> _answers = [];

    private PretrainedNetwork(Func<byte[]> graph, string output, int width)
    {
        _session = new Lazy<OnnxSession>(() => new OnnxSession(graph()));
        (_output, _width) = (output, width);
    }

    /// <summary>The network of these weights: the one at hand, or a new one, which loads its graph with the first answer.</summary>
    /// <param name="weights">What tells networks apart, with the next.</param>
    /// <param name="numbers">What else their graphs are made of.</param>
    /// <param name="graph">Makes its graph.</param>
    /// <param name="output">The graph's output.</param>
    /// <param name="width">Numbers of an answer.</param>
    public static PretrainedNetwork Of(ReadOnlySpan<byte> weights, ReadOnlySpan<float> numbers, Func<byte[]> graph, string output, int width)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(weights);
        hash.AppendData(MemoryMarshal.AsBytes(numbers));
        var key = Convert.ToHexString(hash.GetHashAndReset());
        if (Known.TryGetValue(key, out var known) && known.TryGetTarget(out var network))
            return network;
        network = new PretrainedNetwork(graph, output, width);
        Known[key] = new WeakReference<PretrainedNetwork>(network);
        return network;
    }

    /// <summary>The network's answer for a value.</summary>
    /// <param name="value">What the answer is kept with; it must never change.</param>
    /// <param name="input">Makes the graph's inputs of it.</param>
    /// <exception cref="LearningException">ONNX Runtime is not there, or fails.</exception>
    public ReadOnlySpan<float> Answer<T>(T value, Func<T, KeyValuePair<string, Array>> input)
        where T : class
    {
        if (_answers.TryGetValue(value, out var answer))
            return answer;
        try
        {
            answer = _session.Value.Run(1, [input(value)], _output);
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message);
        }

        if (answer.Length != _width)
            throw new LearningException($"A pretrained network answered {answer.Length} numbers instead of {_width}.");
        _answers.AddOrUpdate(value, answer);
        return answer;
    }
}
