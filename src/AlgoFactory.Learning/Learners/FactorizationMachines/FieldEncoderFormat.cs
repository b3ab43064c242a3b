using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>Writes and reads how rows become slots.</summary>
internal static class FieldEncoderFormat
{
    private const int MaxColumns = 1_000_000;
    private const int MaxSlots = 1 << 28;

    /// <summary>Writes an encoder: the bounds of all columns lie in one array, one after the other.</summary>
    public static void Write(FieldEncoder encoder, ArtefactSectionWriter to)
    {
        to.WriteJson("encoder", new Document(
            encoder.Fields, encoder.Slots, encoder.Normalize,
            [.. encoder.Columns.Select(c => new ColumnDocument(c.Kind, c.Field, c.Levels, c.Mean, c.Scale))],
            [.. encoder.Parts.Select(p => new PartDocument(p.Width, p.Field))]));
        to.WriteArray<float>("bounds", [.. encoder.Columns.SelectMany(c => c.Bounds)]);
    }

    /// <summary>Reads an encoder.</summary>
    public static FieldEncoder Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("encoder");
        Require(card.Fields is >= 1 and <= FieldEncoder.MaxFields && card.Slots is >= 1 and <= MaxSlots, "it has a size out of range");
        Require(!card.Columns.IsDefault && !card.Parts.IsDefault && card.Columns.Length + (long)card.Parts.Length <= MaxColumns, "its columns are absent or too many");
        var bounds = from.ReadArray<float>("bounds");
        var columns = ImmutableArray.CreateBuilder<FieldColumn>(card.Columns.Length);
        var (start, at) = (0L, 0);
        foreach (var column in card.Columns)
        {
            Require(column is not null && Enum.IsDefined(column.Kind) && column.Field < card.Fields, "a column has an unknown kind or field");
            Require(column.Levels is >= 0 and < MaxSlots && start + column.Levels + 1 < MaxSlots && (column.Kind != FieldColumnKind.Value || column.Levels == 1), "a column has a number of levels out of range");
            Require(float.IsFinite(column.Mean) && float.IsFinite(column.Scale), "a column's mean or scale is no finite number");
            var count = column.Kind == FieldColumnKind.Bins ? column.Levels - 1 : 0;
            Require(count >= 0 && count <= bounds.Length - at, "it lacks bounds of bins");
            var own = bounds.AsSpan(at, count).ToArray();
            for (var b = 0; b < own.Length; b++)
                Require(float.IsFinite(own[b]) && (b == 0 || own[b] > own[b - 1]), "the bounds of bins do not ascend");
            columns.Add(new FieldColumn(column.Kind, column.Field, (int)start, column.Levels, own, column.Mean, column.Scale));
            (start, at) = (start + column.Levels + 1, at + count);
        }

        Require(at == bounds.Length, "it has bounds of bins that belong to no column");
        foreach (var part in card.Parts)
        {
            Require(part is { Width: >= 0 and < MaxSlots } && part.Field < card.Fields, "a sparse part has a width or field out of range");
            start += part.Width;
            Require(start < MaxSlots, "its sparse parts are too wide");
        }

        return new FieldEncoder(columns.MoveToImmutable(), [.. card.Parts.Select(p => new SparseField(p.Width, p.Field))], card.Fields, card.Slots, card.Normalize);
    }

    private static void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
            throw new ArtefactFormatException($"The factorization machine's encoder in the model file is broken: {fault}.");
    }

    private sealed record Document(int Fields, int Slots, bool Normalize, ImmutableArray<ColumnDocument> Columns, ImmutableArray<PartDocument> Parts);

    private sealed record ColumnDocument(FieldColumnKind Kind, byte Field, int Levels, float Mean, float Scale);

    private sealed record PartDocument(int Width, byte Field);
}
