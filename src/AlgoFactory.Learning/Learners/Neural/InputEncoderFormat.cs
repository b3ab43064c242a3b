using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Writes and reads how rows enter a network.</summary>
internal static class InputEncoderFormat
{
    private const int MaxColumns = 1_000_000;
    private const int MaxInputs = 1 << 24;
    private const int MaxDimension = 1024;
    private const int MaxLevels = 1 << 28;

    /// <summary>Writes an encoder: the knots of all columns lie in one array, one after the other, and so do their heights.</summary>
    public static void Write(InputEncoder encoder, ArtefactSectionWriter to)
    {
        to.WriteJson("input", new Document(
            [.. encoder.Columns.Select(c => new ColumnDocument(c.Form, c.Knots.Length, c.Middle, c.MarksMissing, c.Levels, c.Dimension))],
            [.. encoder.Bags.Select(b => new BagDocument(b.Width, b.Dimension))]));
        to.WriteArray<float>("knots", [.. encoder.Columns.SelectMany(c => c.Knots)]);
        to.WriteArray<float>("heights", [.. encoder.Columns.SelectMany(c => c.Heights)]);
        ColumnScaler.Write(to, "scalers", [.. encoder.Columns.Select(c => c.Scaler)]);
    }

    /// <summary>Reads an encoder.</summary>
    public static InputEncoder Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("input");
        Require(!card.Columns.IsDefault && !card.Bags.IsDefault && card.Columns.Length + (long)card.Bags.Length <= MaxColumns, "its columns are absent or too many");
        var (knots, heights) = (from.ReadArray<float>("knots"), from.ReadArray<float>("heights"));
        Require(knots.Length == heights.Length && heights.All(float.IsFinite), "it lacks heights, or one is no finite number");
        var scalers = ColumnScaler.Read(from, "scalers", card.Columns.Length);
        var columns = ImmutableArray.CreateBuilder<InputColumn>(card.Columns.Length);
        var (at, inputs) = (0, 0L);
        foreach (var column in card.Columns)
        {
            Require(column is not null && Enum.IsDefined(column.Form) && float.IsFinite(column.Middle), "a column has an unknown form or middle");
            Require(column.Knots >= 0 && column.Knots <= knots.Length - at, "it lacks knots");
            var embeds = column.Form == InputForm.Embedding;
            Require(embeds ? column is { Levels: >= 0 and < MaxLevels, Dimension: >= 1 and <= MaxDimension, MarksMissing: false, Knots: 0 } : column is { Levels: 0, Dimension: 0 },
                "a category's levels or dimension are out of range");
            var own = knots.AsSpan(at, column.Knots).ToArray();
            for (var k = 0; k < own.Length; k++)
                Require(float.IsFinite(own[k]) && (k == 0 || own[k] > own[k - 1]), "knots do not ascend");
            columns.Add(new InputColumn(
                column.Form, own, heights.AsSpan(at, column.Knots).ToArray(), scalers[columns.Count], column.Middle, column.MarksMissing, column.Levels, column.Dimension));
            at += column.Knots;
            inputs += columns[^1].Width + column.Dimension;
        }

        Require(at == knots.Length, "it has knots that belong to no column");
        foreach (var bag in card.Bags)
        {
            Require(bag is { Width: >= 0 and < MaxLevels, Dimension: >= 1 and <= MaxDimension }, "a sparse part's width or dimension is out of range");
            inputs += bag.Dimension;
        }

        Require(inputs <= MaxInputs, "it has too many inputs");
        return new InputEncoder(columns.MoveToImmutable(), [.. card.Bags.Select(b => new InputBag(b.Width, b.Dimension))]);
    }

    private static void Require([DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
            throw new ArtefactFormatException($"The network's input in the model file is broken: {fault}.");
    }

    private sealed record Document(ImmutableArray<ColumnDocument> Columns, ImmutableArray<BagDocument> Bags);

    private sealed record ColumnDocument(InputForm Form, int Knots, float Middle, bool MarksMissing, int Levels, int Dimension);

    private sealed record BagDocument(int Width, int Dimension);
}
