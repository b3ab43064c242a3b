using AlgoFactory.Data.Frames;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Frames;

public class FrameTests
{
    [Fact]
    public void Frames_are_put_below_each_other()
    {
        var upper = new Frame(2, [new NumericColumn("n", [1, double.NaN]), new CategoryColumn("c", [0, -1], ["a"]), new TextColumn("t", ["x", null])]);
        var lower = new Frame(1, [new NumericColumn("n", [3]), new CategoryColumn("c", [1], ["a", "b"]), new TextColumn("t", ["y"])]);
        var both = Frame.Concat(upper, lower);
        ((NumericColumn)both["n"]).Values.ToArray().ShouldBe([1, double.NaN, 3]);
        ((CategoryColumn)both["c"]).Codes.ToArray().ShouldBe([0, -1, 1]);
        ((CategoryColumn)both["c"]).Levels.ShouldBe(["a", "b"]);
        ((TextColumn)both["t"]).Values.ToArray().ShouldBe(["x", null, "y"]);
        Frame.Concat(upper).ShouldBeSameAs(upper);
    }

    [Fact]
    public void Frames_that_do_not_fit_are_refused()
    {
        var numbers = new Frame(1, [new NumericColumn("c", [1])]);
        var ab = new Frame(1, [new CategoryColumn("c", [0], ["a", "b"])]);
        var ba = new Frame(1, [new CategoryColumn("c", [0], ["b", "a", "d"])]);
        Should.Throw<ArgumentException>(() => Frame.Concat(numbers, ab)).Message.ShouldContain("another kind");
        Should.Throw<ArgumentException>(() => Frame.Concat(ab, ba)).Message.ShouldContain("differ");
        Should.Throw<ArgumentException>(() => Frame.Concat());
    }

    [Fact]
    public void A_column_is_replaced_by_one_of_its_name()
    {
        var frame = new Frame(2, [new NumericColumn("a", [1, 2]), new NumericColumn("b", [3, 4])]);
        var replaced = frame.With(new NumericColumn("a", [9, 9]));
        ((NumericColumn)replaced["a"]).Values.ToArray().ShouldBe([9, 9]);
        replaced["b"].ShouldBeSameAs(frame["b"]);
        Should.Throw<KeyNotFoundException>(() => frame.With(new NumericColumn("c", [1, 2]))).Message.ShouldContain("'c'");
    }
}
