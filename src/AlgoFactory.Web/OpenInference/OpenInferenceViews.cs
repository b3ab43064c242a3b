using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlgoFactory.Web.OpenInference;

/// <summary>The server, as the protocol describes it.</summary>
/// <param name="Name">The server's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">The protocol's extensions that it has: none.</param>
public sealed record ServerMetadata(string Name, string Version, ImmutableArray<string> Extensions);

/// <summary>Whether the server lives and is ready.</summary>
/// <param name="Live">The process answers.</param>
/// <param name="Ready">All deployments were loaded; absent where that was not asked.</param>
public sealed record ServerHealth(bool Live, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Ready = null);

/// <summary>Whether a model is ready.</summary>
/// <param name="Name">The deployment's name.</param>
/// <param name="Ready">It answers predictions.</param>
public sealed record ModelReadiness(string Name, bool Ready);

/// <summary>A model with its tensors.</summary>
/// <param name="Name">The deployment's name.</param>
/// <param name="Versions">The versions that may be pinned.</param>
/// <param name="Platform">How the model is kept.</param>
/// <param name="Inputs">One tensor a column. A column may be left out: it is then missing.</param>
/// <param name="Outputs">What is predicted.</param>
public sealed record ModelMetadata(string Name, ImmutableArray<string> Versions, string Platform, ImmutableArray<TensorMetadata> Inputs, ImmutableArray<TensorMetadata> Outputs);

/// <summary>A tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">BOOL, FP32, FP64, BYTES, …</param>
/// <param name="Shape">Its shape; -1 for the rows.</param>
public sealed record TensorMetadata(string Name, string Datatype, ImmutableArray<int> Shape);

/// <summary>What went wrong.</summary>
/// <param name="Error">One sentence.</param>
public sealed record InferenceError(string Error);

/// <summary>An inference request, as the API's description shows it.</summary>
/// <param name="Inputs">One tensor a column, all of as many rows; or one of all columns, of shape [rows, columns].</param>
/// <param name="Id">The request's id, given back.</param>
/// <param name="Parameters">Options as those of <c>/api/models/{name}/predict</c>; unknown ones are passed over.</param>
/// <param name="Outputs">The outputs that are wanted; absent: all.</param>
public sealed record InferenceRequest(
    IReadOnlyList<InferenceInput> Inputs, string? Id = null, Dictionary<string, JsonElement>? Parameters = null, IReadOnlyList<InferenceRequestOutput>? Outputs = null);

/// <summary>An input tensor.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Shape">[rows] or [rows, 1].</param>
/// <param name="Datatype">BOOL, INT8 to INT64, UINT8 to UINT64, FP16, FP32, FP64 or BYTES.</param>
/// <param name="Data">The values, flat or nested; null is a missing value.</param>
/// <param name="Parameters">Passed over.</param>
public sealed record InferenceInput(
    string Name, IReadOnlyList<long> Shape, string Datatype, IReadOnlyList<JsonElement> Data, Dictionary<string, JsonElement>? Parameters = null);

/// <summary>An output that is wanted.</summary>
/// <param name="Name"><c>prediction</c>, <c>probabilities</c> or <c>contributions</c>.</param>
/// <param name="Parameters">Passed over.</param>
public sealed record InferenceRequestOutput(string Name, Dictionary<string, JsonElement>? Parameters = null);

/// <summary>An inference response, as the API's description shows it.</summary>
/// <param name="ModelName">The model's name.</param>
/// <param name="ModelVersion">The version that answered.</param>
/// <param name="Id">The request's id, or a new one.</param>
/// <param name="Parameters">The version's <c>hash</c>, and <c>warnings</c> when there are any.</param>
/// <param name="Outputs">The outputs.</param>
public sealed record InferenceResponse(
    [property: JsonPropertyName("model_name")] string ModelName,
    [property: JsonPropertyName("model_version")] string ModelVersion,
    string Id,
    Dictionary<string, JsonElement> Parameters,
    IReadOnlyList<InferenceOutput> Outputs);

/// <summary>An output tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Datatype">Its datatype.</param>
/// <param name="Data">The values, flat, row by row.</param>
/// <param name="Parameters"><c>classes</c> or <c>columns</c>: the names along the second dimension, as JSON.</param>
public sealed record InferenceOutput(
    string Name, IReadOnlyList<long> Shape, string Datatype, IReadOnlyList<JsonElement> Data, Dictionary<string, JsonElement>? Parameters = null);
