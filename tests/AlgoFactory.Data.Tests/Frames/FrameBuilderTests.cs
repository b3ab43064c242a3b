using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Frames;

public class FrameBuilderTests
{
    [Fact]
    public void GrowsLevelsInOrderOfAppearance()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Categorical)], 1);
        foreach (var text in new[] { "b", "a", "", " b ", "None" })
        {
            builder.SetText(0, text);
            builder.EndRow();
        }

        var column = (CategoryColumn)builder.Build()["c"];
        column.Levels.ShouldBe(["b", "a", "None"]);
        column.Codes.ToArray().ShouldBe([0, 1, -1, 0, 2]);
    }

    [Fact]
    public void FixedLevelsKnowUnknownOnes()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Categorical) with { Levels = ["x", "y"] }]);
        builder.SetText(0, "z").ShouldBe(BindResult.UnknownLevel);
        builder.EndRow();
        ((CategoryColumn)builder.Build()["c"]).Codes.ToArray().ShouldBe([CategoryColumn.Unknown]);
    }

    [Fact]
    public void ALevelIsFoundByWhatItMeans()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Categorical) with { Levels = ["1.0", "2.0", "007", "True"] }]);
        builder.SetNumber(0, 1).ShouldBe(BindResult.Bound);
        builder.EndRow();
        builder.SetText(0, "2").ShouldBe(BindResult.Bound);
        builder.EndRow();
        builder.SetNumber(0, 7).ShouldBe(BindResult.UnknownLevel);
        builder.EndRow();
        builder.SetBoolean(0, true).ShouldBe(BindResult.Bound);
        builder.EndRow();
        ((CategoryColumn)builder.Build()["c"]).Codes.ToArray().ShouldBe([0, 1, -2, 3]);
    }

    [Fact]
    public void ValuesThatWereNotSetAreMissing()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Numeric) with { Name = "n" }, Spec(ColumnKind.Categorical) with { Name = "k" }, Spec(ColumnKind.Text) with { Name = "t" }]);
        builder.SetNumber(0, 1);
        builder.SetText(1, "a");
        builder.SetText(2, "NA");
        builder.EndRow();
        builder.EndRow();
        var frame = builder.Build();
        frame.Columns.Select(c => c.IsMissing(1)).ShouldAllBe(missing => missing);
        frame.Columns.Select(c => c.IsMissing(0)).ShouldAllBe(missing => !missing);
        ((TextColumn)frame["t"]).Values[0].ShouldBe("NA");
    }

    [Fact]
    public void ATypedNumberIgnoresTheDecimalComma()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Numeric) with { DecimalComma = true }]);
        builder.SetNumber(0, 1.234);
        builder.EndRow();
        builder.SetText(0, "1,234");
        builder.EndRow();
        ((NumericColumn)builder.Build()["c"]).Values.ToArray().ShouldBe([1.234, 1.234]);
    }

    [Fact]
    public void InfinityIsInvalidAndNaNMissing()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Numeric)]);
        builder.SetNumber(0, double.PositiveInfinity).ShouldBe(BindResult.Invalid);
        builder.SetNumber(0, double.NaN).ShouldBe(BindResult.Missing);
    }

    [Fact]
    public void CanBeUsedAgainAfterBuild()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Numeric)], 1);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i <= round; i++)
            {
                builder.SetNumber(0, i);
                builder.EndRow();
            }

            ((NumericColumn)builder.Build()["c"]).Values.ToArray().ShouldBe([.. Enumerable.Range(0, round + 1).Select(i => (double)i)]);
        }
    }

    [Fact]
    public void BindingARowAllocatesNothingButTexts()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Numeric) with { Name = "n" }, Spec(ColumnKind.Categorical) with { Name = "k", Levels = ["a", "b"] }], 4096);
        Fill();
        Allocation.Least(Fill).ShouldBe(0);

        void Fill()
        {
            for (var i = 0; i < 1000; i++)
            {
                builder.SetText(0, "12.5"u8);
                builder.SetText(1, "b"u8);
                builder.EndRow();
            }
        }
    }

    [Fact]
    public void WhatIsLentIsWhatIsBuilt()
    {
        ColumnSpec[] specs =
        [
            new("n", ColumnKind.Numeric, ColumnRole.Feature, 1, ""), new("t", ColumnKind.Text, ColumnRole.Feature, 1, ""),
            new("c", ColumnKind.Categorical, ColumnRole.Feature, 1, "") { Levels = ["0", "1", "2"] },
        ];
        var (lending, random) = (new FrameBuilder([.. specs]), new Sequence(3));
        Frame? last = null;
        for (var request = 0; request < 200; request++)
        {
            var rows = request % 3 == 0 ? 1 : random.Next(0, 60);
            var building = new FrameBuilder([.. specs]);
            for (var row = 0; row < rows; row++)
            {
                for (var c = 0; c < specs.Length; c++)
                {
                    if (random.Chance(0.2))
                        continue;
                    var text = random.Next(0, 5).ToString(System.Globalization.CultureInfo.InvariantCulture);
                    building.SetText(c, text).ShouldBe(lending.SetText(c, text));
                }

                building.EndRow();
                lending.EndRow();
            }

            var (lent, built) = (lending.Lend(), building.Build());
            lent.RowCount.ShouldBe(rows);
            ((NumericColumn)lent["n"]).Values.ToArray().ShouldBe(((NumericColumn)built["n"]).Values.ToArray());
            ((TextColumn)lent["t"]).Values.ToArray().ShouldBe(((TextColumn)built["t"]).Values.ToArray());
            ((CategoryColumn)lent["c"]).Codes.ToArray().ShouldBe(((CategoryColumn)built["c"]).Codes.ToArray());
            if (last?.RowCount == rows && rows == 1)
                lent.ShouldBeSameAs(last);
            last = lent;
        }
    }

    [Fact]
    public void ARequestThatWasGivenUpLeavesNothing()
    {
        var builder = new FrameBuilder([Spec(ColumnKind.Numeric)]);
        builder.SetText(0, "1");
        builder.EndRow();
        builder.SetText(0, "2");
        builder.Clear();
        builder.EndRow();
        var column = (NumericColumn)builder.Lend()["c"];
        column.Length.ShouldBe(1);
        column.IsMissing(0).ShouldBeTrue();
    }

    private static ColumnSpec Spec(ColumnKind kind) => new("c", kind, ColumnRole.Feature, 1, "");
}
