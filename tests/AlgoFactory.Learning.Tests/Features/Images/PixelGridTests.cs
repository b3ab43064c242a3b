using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Learners;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Images;

/// <summary>Tables that are images themselves.</summary>
public sealed class PixelGridTests
{
    private const int Side = 8;

    [Theory]
    [InlineData(255)]
    [InlineData(1)]
    public void Square_numbers_of_pixels_become_grey_images_corners_that_never_change_included(double white)
    {
        var (schema, frame, task) = Table(Side * Side, white);
        var (pipeline, batch) = FeaturePipeline.FitTransform(new FeaturizerInput(frame, task, new float[3], default), schema, FeatureNeeds.Pixels, FitContext.Create(1));
        var images = batch.Images.ShouldNotBeNull();
        images.Size.ShouldBe(new ImageSize(Side, Side, 1));
        images.Rows[2]!.ShouldBe([.. Enumerable.Range(0, 64).Select(p => p == 0 ? (byte)0 : (byte)Math.Round(255.0 * Math.Round(white > 2 ? white * (p + 2) / 65 : p + 2) / (white > 2 ? Math.Round(white) : 65)))]);
        var again = ArtefactRoundTrip.Of(pipeline, BuiltIn.Readers).Transform(frame.Take([2])).Images!;
        again.Rows[0].ShouldBe(images.Rows[2]);
    }

    [Fact]
    public void Other_tables_are_none()
    {
        foreach (var (columns, white, shift) in new[] { (63, 255.0, 0.0), (49, 255, 0), (64, 300, 0), (64, 255, -100), (64, 1.5, 0) })
        {
            var (schema, frame, task) = Table(columns, white, shift);
            FeaturePipeline.FitTransform(new FeaturizerInput(frame, task, new float[3], default), schema, FeatureNeeds.Pixels, FitContext.Create(1)).Features.Images.ShouldBeNull();
        }
    }

    [Theory]
    [InlineData(64, 255, ColumnKind.Numeric, 8)]
    [InlineData(784, 1, ColumnKind.Numeric, 28)]
    [InlineData(65, 255, ColumnKind.Numeric, null)]
    [InlineData(64, 256, ColumnKind.Numeric, null)]
    [InlineData(64, 255, ColumnKind.Text, null)]
    public void A_profile_tells_them(int columns, double highest, ColumnKind kind, int? side)
    {
        ColumnProfile[] pixels = [.. Enumerable.Range(0, columns).Select(i => new ColumnProfile($"p{i}", i == 0 ? ColumnKind.Constant : i == 1 ? kind : ColumnKind.Numeric, 10, 0, 5) { Quantiles = [0, highest] })];
        PixelGrid.SideOf(new DatasetProfile(10, [.. pixels, new ColumnProfile("label", ColumnKind.Categorical, 10, 0, 3)]), "label").ShouldBe(side);
    }

    [Fact]
    public void Several_image_columns_are_channels_side_by_side()
    {
        byte[] First() => [.. Enumerable.Repeat((byte)10, Data.Images.ImageDecoder.Length)];
        var frame = new Frame(2, [new ImageColumn("a", [First(), null]), new ImageColumn("b", [null, First()])]);
        var fitted = new FittedImagePixels(["a", "b"]);
        var builder = new FeatureBatchBuilder(2);
        fitted.Transform(frame, builder);
        var images = builder.Build().Images!;
        images.Size.Channels.ShouldBe(6);
        images.Rows[0]![..6].ShouldBe([10, 10, 10, 0, 0, 0]);
        images.Rows[1]![^6..].ShouldBe([0, 0, 0, 10, 10, 10]);
    }

    private static (Schema Schema, Frame Frame, TaskSpec Task) Table(int columns, double white, double shift = 0)
    {
        var whole = white > 2;
        ImmutableArray<ColumnSpec> specs = [.. Enumerable.Range(0, columns).Select(i => new ColumnSpec($"p{i}", i == 0 ? ColumnKind.Constant : ColumnKind.Numeric, i == 0 ? ColumnRole.Ignore : ColumnRole.Feature, 1, ""))];
        Column[] values = [.. Enumerable.Range(1, columns - 1).Select(i => (Column)new NumericColumn($"p{i}", [.. Enumerable.Range(0, 3).Select(r => Value(i, r))]))];
        return (new Schema([.. specs, new ColumnSpec("label", ColumnKind.Categorical, ColumnRole.Label, 1, "")], "label"), new Frame(3, [.. values]), new TaskSpec(TaskKind.Binary, "label", ["a", "b"]));

        double Value(int pixel, int row)
        {
            var value = white * (pixel + row) / (columns + 1) + shift;
            return whole ? Math.Round(value) : value;
        }
    }
}
