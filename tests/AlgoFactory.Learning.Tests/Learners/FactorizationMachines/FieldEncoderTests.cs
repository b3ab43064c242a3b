using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.FactorizationMachines;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.FactorizationMachines;

public class FieldEncoderTests
{
    private const float Nan = float.NaN;

    [Fact]
    public void Codes_bins_and_missing_values_have_slots_of_their_own_and_a_source_is_a_field()
    {
        // colour: 3 codes and missing (slots 0-3); size: bins up to 1.5 and above, and missing (4-6); size.root: 2 bins and missing (7-9).
        var data = Data([Category("colour", 3), Number("size", "size"), Number("size.root", "size")], [0, 1, 1, 2, 2, 4, Nan, Nan, Nan, 1, 1, 1]);
        var encoder = Fit(data);
        encoder.Fields.ShouldBe(2);
        encoder.Slots.ShouldBe(10);
        Entries(encoder, data, 0).ShouldBe([(0, 0, 1f), (4, 1, 1f), (7, 1, 1f)]);
        Entries(encoder, data, 1).ShouldBe([(2, 0, 1f), (5, 1, 1f), (8, 1, 1f)]);
        Entries(encoder, data, 2).ShouldBe([(3, 0, 1f), (6, 1, 1f), (9, 1, 1f)]);
        var odd = Data([Category("colour", 3), Number("size", "size"), Number("size.root", "size")], [7, float.PositiveInfinity, float.NegativeInfinity]);
        Entries(encoder, odd, 0).ShouldBe([(3, 0, 1f), (5, 1, 1f), (7, 1, 1f)]);
    }

    [Fact]
    public void Numbers_as_values_are_standardised_and_held_and_a_zero_is_no_entry()
    {
        var data = Data([Number("x", "x")], [1, 3, 2, 1e9f, Nan, float.NegativeInfinity]);
        var train = data with { Features = data.Features.Take([0, 1, 2]), Labels = data.Labels[..3] };
        var encoder = Fit(train, bins: 0);
        var scale = (float)(1 / Math.Sqrt(2.0 / 3));
        Entries(encoder, data, 0).ShouldBe([(0, 0, -scale)]);
        Entries(encoder, data, 2).ShouldBeEmpty();
        Entries(encoder, data, 3).ShouldBe([(0, 0, 4f)]);
        Entries(encoder, data, 4).ShouldBe([(1, 0, 1f)]);
        Entries(encoder, data, 5).ShouldBe([(0, 0, -4f)]);
    }

    [Fact]
    public void Each_sparse_part_is_a_field_and_rows_are_scaled_to_length_1()
    {
        var builder = new FeatureBatchBuilder(2);
        builder.AddSparse(new SparseBlock(3, [0, 1, 1], [2], [2f]));
        builder.AddSparse(new SparseBlock(2, [0, 1, 2], [0, 1], [1f, Nan]));
        var batch = builder.Build();
        batch.Take([1, 0]).Sparse!.PartWidths.ShouldBe([3, 2]);
        var data = Data([], [], 2) with { Features = batch };
        Entries(Fit(data), data, 0).ShouldBe([(2, 0, 2f), (3, 1, 1f)]);
        Entries(Fit(data), data, 1).ShouldBeEmpty();
        var scaled = Entries(FieldEncoder.Fit(data, 32, true, _ => 100, default), data, 0);
        scaled.Sum(e => (double)e.Value * e.Value).ShouldBe(1, 1e-6);
    }

    [Fact]
    public void Quantile_bins_hold_about_as_many_values_each_and_never_split_one_value()
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 4000).Select(_ => random.NextSingle()), .. Enumerable.Repeat(0.5f, 1000)];
        var bounds = FieldColumnFit.Bounds(values, 10);
        bounds.ShouldBe(bounds.Order().Distinct());
        var counts = new int[bounds.Length + 1];
        foreach (var value in values)
            counts[FieldColumn.BinOf(bounds, value)]++;
        counts.Length.ShouldBeInRange(7, 10);
        // The bin after the one of 0.5 is what is left of its quantile.
        var full = FieldColumn.BinOf(bounds, 0.5f);
        counts[full].ShouldBeInRange(1000, 1600);
        counts.Where((_, b) => b < full || b > full + 1).ShouldAllBe(c => c >= 300 && c <= 700);
        counts[full + 1].ShouldBeLessThan(700);
    }

    [Fact]
    public void The_bin_of_a_number_is_the_count_of_bounds_below_it()
    {
        float[] bounds = [-1, 0, 0.5f, 7];
        foreach (var number in new[] { -5f, -1, -0.5f, 0, 0.1f, 0.5f, 7, 8, float.PositiveInfinity, float.NegativeInfinity })
            FieldColumn.BinOf(bounds, number).ShouldBe(bounds.Count(b => b < number));
    }

    [Fact]
    public void Slots_beyond_the_room_are_hashed_into_it_evenly()
    {
        var data = Data([Category("many", 10_000)], [.. Enumerable.Range(0, 10_000).Select(i => (float)i)]);
        var encoder = FieldEncoder.Fit(data, 32, false, _ => 256, default);
        (encoder.Slots, encoder.IsHashed).ShouldBe((256, true));
        var counts = new int[256];
        for (var row = 0; row < 10_000; row++)
            counts[Entries(encoder, data, row).Single().Slot]++;
        counts.ShouldAllBe(c => c > 10 && c < 80);
    }

    [Fact]
    public void Beyond_64_sources_neighbours_share_a_field()
    {
        FeatureInfo[] infos = [.. Enumerable.Range(0, 200).Select(i => Number($"f{i}", $"f{i}"))];
        var encoder = Fit(Data(infos, new float[200]));
        encoder.Fields.ShouldBe(FieldEncoder.MaxFields);
        encoder.Columns.Select(c => (int)c.Field).Distinct().Count().ShouldBe(64);
        encoder.Columns.Select(c => (int)c.Field).ShouldBeInOrder();
    }

    private static FieldEncoder Fit(TrainingSet data, int bins = 32) => FieldEncoder.Fit(data, bins, false, _ => 1 << 20, default);

    private static (int Slot, int Field, float Value)[] Entries(FieldEncoder encoder, TrainingSet data, int row)
    {
        var buffer = new FieldRowBuffer();
        encoder.Encode(data.Features, row, buffer);
        var encoded = buffer.Row;
        var entries = new List<(int, int, float)>();
        for (var i = 0; i < encoded.Length; i++)
            entries.Add((encoded.Slots[i], encoded.Fields[i], encoded.Values[i]));
        return [.. entries];
    }

    private static FeatureInfo Category(string name, int cardinality) => new(name, name, FeatureKind.Categorical, cardinality);

    private static FeatureInfo Number(string name, string source) => new(name, source, FeatureKind.Numeric);

    private static TrainingSet Data(FeatureInfo[] infos, float[] dense, int rows = 0)
    {
        rows = infos.Length == 0 ? rows : dense.Length / infos.Length;
        return new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]),
            FeatureInfos = [.. infos],
            Features = new FeatureBatch(rows, infos.Length, dense),
            Labels = new float[rows],
        };
    }
}
