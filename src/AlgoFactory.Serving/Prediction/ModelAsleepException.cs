namespace AlgoFactory.Serving.Prediction;

/// <summary>A deployment sleeps and cannot be loaded now; the message is one sentence.</summary>
public sealed class ModelAsleepException(string deployment, string reason, Exception? inner = null)
    : Exception($"The deployment '{deployment}' cannot be loaded right now: {reason}", inner);
