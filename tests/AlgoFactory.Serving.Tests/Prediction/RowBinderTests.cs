using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Prediction;

public sealed class RowBinderTests
{
    private static readonly RowBinder Binder = new(TinyModels.Schema(TaskKind.Binary), ["trace"]);

    private const string Full = "\"age\":30,\"income\":1.5,\"city\":\"Wien\",\"member\":true,\"joined\":\"2020-01-02\",\"note\":\"good\"";

    [Fact]
    public void Values_of_all_kinds_are_bound_by_name_in_any_order()
    {
        var frame = Json("{\"note\":\"good \\u00fc\\n\",\"joined\":\"2020-01-02\",\"member\":\"yes\",\"city\":\"K\\u00f6ln, S\\u00fcd\",\"income\":1.5e3,\"age\":\"30\"}").Frame;
        Number(frame, "age").ShouldBe(30);
        Number(frame, "income").ShouldBe(1500);
        Number(frame, "member").ShouldBe(1);
        Number(frame, "joined").ShouldBe(new DateTimeOffset(2020, 1, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds());
        ((CategoryColumn)frame["city"]).Codes[0].ShouldBe(3);
        ((TextColumn)frame["note"]).Values[0].ShouldBe("good ü\n");
    }

    [Fact]
    public void Label_ignored_weight_group_and_pass_through_columns_are_passed_over()
    {
        var bound = Json("{" + Full + ",\"id\":7,\"outcome\":{\"a\":[1]},\"weight\":\"x\",\"household\":null,\"trace\":\"abc\"}");
        bound.Warnings.ShouldBeEmpty();
        bound.Frame.Columns.Select(c => c.Name).ShouldBe(["age", "income", "city", "member", "joined", "note"]);
        Number(bound.Frame, "age").ShouldBe(30);
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_nearest_known_one()
    {
        var fault = Refused("{\"incom\":1}");
        fault.Message.ShouldBe("rows[0]: there is no column 'incom'; the nearest known one is 'income'.");
        fault.Column.ShouldBe("incom");
        Refused("{" + Full + "}, {\"AGE\":1}").Message.ShouldBe("rows[1]: there is no column 'AGE'; the nearest known one is 'age'.");
        Refused("{\"\":1}").Message.ShouldContain("nearest");
        Refused("{\"" + new string('x', 900) + "\":1}").Message.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void A_missing_feature_is_missing_never_zero_and_told()
    {
        var bound = Json("{\"age\":1,\"city\":\"Wien\"},{\"age\":null,\"city\":\"Wien\",\"income\":2}");
        double.IsNaN(Number(bound.Frame, "income")).ShouldBeTrue();
        bound.Frame["age"].IsMissing(1).ShouldBeTrue();
        bound.Frame["note"].IsMissing(0).ShouldBeTrue();
        bound.Warnings.ShouldBe([
            "The column 'income' is not in rows[0]; it was taken as a missing value.",
            "The column 'member' is not in any of the 2 rows; it was taken as a missing value.",
            "The column 'joined' is not in any of the 2 rows; it was taken as a missing value.",
            "The column 'note' is not in any of the 2 rows; it was taken as a missing value.",
        ]);
    }

    [Fact]
    public void An_unknown_level_is_told()
    {
        var bound = Json("{" + Full + "},{" + Full.Replace("Wien", "Pariss", StringComparison.Ordinal) + "}");
        ((CategoryColumn)bound.Frame["city"]).Codes.ToArray().ShouldBe([1, CategoryColumn.Unknown]);
        bound.Warnings.Single().ShouldBe("The column 'city' has in rows[1] a value that was not in the training data, such as 'Pariss'; it was taken as unknown.");
        Json("{" + Full + "}").Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1.0")]
    [InlineData("1e0")]
    [InlineData("\"1\"")]
    public void A_number_is_the_level_of_its_text(string value) =>
        ((CategoryColumn)Json($"{{\"city\":{value}}}").Frame["city"]).Codes[0].ShouldBe(2);

    [Theory]
    [InlineData("{\"age\":\"old\"}", "rows[0]: 'old' is not a number, which the column 'age' holds.")]
    [InlineData("{\"age\":[1]}", "rows[0]: the column 'age' must be a single value, not an object or array.")]
    [InlineData("{\"city\":{}}", "rows[0]: the column 'city' must be a single value, not an object or array.")]
    [InlineData("{\"age\":1e999}", "rows[0]: 1e999 is too large a number.")]
    [InlineData("{\"joined\":\"soon\"}", "rows[0]: 'soon' is not a date, which the column 'joined' holds.")]
    [InlineData("{\"member\":\"perhaps\"}", "rows[0]: 'perhaps' is not a truth value, which the column 'member' holds.")]
    [InlineData("{\"age\":1,\"age\":2}", "rows[0]: the column 'age' stands there twice.")]
    [InlineData("{\"trace\":1,\"trace\":2}", "rows[0]: the column 'trace' stands there twice.")]
    [InlineData("{\"note\":\"\\ud800\"}", "rows[0]: a text holds half of a surrogate pair.")]
    [InlineData("{\"\\ud800\":1}", "rows[0]: a column's name holds half of a surrogate pair.")]
    [InlineData("7", "rows[0]: a row must be an object of columns and values.")]
    public void A_wrong_value_is_refused_with_its_row_and_column(string row, string sentence) => Refused(row).Message.ShouldBe(sentence);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"rows\":{}}")]
    [InlineData("{\"rows\":[]}")]
    [InlineData("{\"rows\":[{}],\"rows\":[{}]}")]
    [InlineData("{\"rows\":[{}],\"row\":1}")]
    [InlineData("{\"rows\":[{}]} x")]
    [InlineData("{\"rows\":[{\"age\":1}")]
    [InlineData("{\"rows\":[{\"age\":01}]}")]
    [InlineData("{\"rows\":[{}],\"id\":1}")]
    [InlineData("{\"rows\":[{\"trace\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}]}")]
    public void A_body_that_is_no_request_is_refused_in_a_sentence(string body) =>
        Should.Throw<RowBindingException>(() => Binder.BindJson(Encoding.UTF8.GetBytes(body))).Message.ShouldEndWith(".");

    [Fact]
    public void Every_cut_and_ten_thousand_random_bodies_end_in_rows_or_a_sentence()
    {
        var body = Encoding.UTF8.GetBytes("{\"rows\":[{" + Full + "},{" + Full + "}],\"id\":\"q\\u0041\"}");
        for (var length = 0; length < body.Length; length++)
            Should.Throw<RowBindingException>(() => Binder.BindJson(body.AsSpan(0, length)));
        var random = new TestKit.Sequence(5);
        for (var i = 0; i < 10_000; i++)
        {
            var changed = (byte[])body.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
                changed[random.Next(0, changed.Length)] = (byte)random.NextBits();
            try
            {
                Binder.BindJson(changed);
            }
            catch (RowBindingException e)
            {
                e.Message.ShouldNotBeNullOrWhiteSpace();
            }
        }
    }

    [Fact]
    public void Limits_hold()
    {
        var binder = new RowBinder(TinyModels.Schema(TaskKind.Binary), [], new RowLimits { Rows = 2, TextBytes = 10, ValuesPerRow = 3 });
        Should.Throw<RowBindingException>(() => binder.BindJson("{\"rows\":[{},{},{}]}"u8)).Message.ShouldContain("2 rows");
        Should.Throw<RowBindingException>(() => binder.BindJson("{\"rows\":[{\"note\":\"12345678901\"}]}"u8)).Message.ShouldContain("10 bytes");
        Should.Throw<RowBindingException>(() => binder.BindJson("{\"rows\":[{\"note\":\"\\u0041\\u0041\"}]}"u8)).Message.ShouldContain("10 bytes");
        Should.Throw<RowBindingException>(() => binder.BindJson("{\"rows\":[{\"age\":1,\"income\":1,\"note\":\"\",\"id\":1}]}"u8)).Message.ShouldContain("3 values");
        Should.Throw<RowBindingException>(() => binder.BindCsv("age\n1\n2\n3\n"u8)).Message.ShouldContain("2 rows");
        binder.BindJson("{\"rows\":[{},{}]}"u8).Frame.RowCount.ShouldBe(2);
    }

    [Fact]
    public void A_failed_request_leaves_nothing_to_the_next()
    {
        var binder = new RowBinder(TinyModels.Schema(TaskKind.Binary));
        for (var i = 0; i < 20; i++)
        {
            Should.Throw<RowBindingException>(() => binder.BindJson("{\"rows\":[{\"age\":1},{\"age\":2,\"income\":3},{\"nope\":1}]}"u8));
            var bound = binder.BindJson(Encoding.UTF8.GetBytes("{\"rows\":[{" + Full + "},{\"city\":\"Wien\"}]}"));
            bound.Frame.RowCount.ShouldBe(2);
            bound.Warnings.Length.ShouldBe(5);
            bound.Frame["income"].IsMissing(1).ShouldBeTrue();
        }
    }

    [Fact]
    public void Images_come_as_base64_and_what_is_none_is_refused_by_name()
    {
        var schema = new Schema([new ColumnSpec("photo", ColumnKind.Image, ColumnRole.Feature, 1, "")], null);
        var file = TestKit.PngFile.Encode(70, 50, 3, (x, y, c) => (byte)(x + y + 40 * c));
        var base64 = Convert.ToBase64String(file);
        var images = new RowBinder(schema);
        byte[] Row(string value) => Encoding.UTF8.GetBytes($"{{\"rows\":[{{\"photo\":\"{value}\"}}]}}");

        AlgoFactory.Data.Images.ImageDecoder.Decode(file, out var expected, out _).ShouldBeNull();
        ((ImageColumn)images.BindJson(Row(base64)).Frame["photo"]).Values[0].ShouldBe(expected);
        ((ImageColumn)images.BindJson(Row($"data:image/png;base64,{base64}")).Frame["photo"]).Values[0].ShouldBe(expected);
        ((ImageColumn)images.BindCsv(Encoding.UTF8.GetBytes($"photo\n{base64}\n")).Frame["photo"]).Values[0].ShouldBe(expected);

        var fault = Should.Throw<RowBindingException>(() => images.BindJson(Row("aGVsbG8gd29ybGQ=")));
        fault.Column.ShouldBe("photo");
        fault.Message.ShouldContain("the value of 'photo' is no image that can be read: it ");
        Should.Throw<RowBindingException>(() => images.BindJson(Row(Convert.ToBase64String(TestKit.PngFile.Claiming(30_000, 30_000)))));
        var tight = new RowBinder(schema, limits: new RowLimits { ImageBytes = 100 });
        Should.Throw<RowBindingException>(() => tight.BindJson(Row(base64))).Message.ShouldContain("longer than the 100 bytes allowed");
    }

    [Fact]
    public void The_skew_law_JSON_and_CSV_bind_the_same_bits_as_texts()
    {
        var schema = TinyModels.Schema(TaskKind.Binary);
        var texts = TinyModels.Texts(300, 42);
        var expected = TinyModels.Bind(schema, texts);
        var names = expected.Columns.Select(c => c.Name).ToArray();

        var csv = string.Join(',', names) + "\r\n" + string.Join("\r\n", texts.Select(t => string.Join(',', names.Select(n => "\"" + t[n] + "\""))));
        Same(Binder.BindCsv(Encoding.UTF8.GetBytes(csv)).Frame, expected);

        var asTexts = JsonSerializer.SerializeToUtf8Bytes(new { rows = texts });
        Same(Binder.BindJson(asTexts).Frame, expected);

        // As a client's own types: numbers, truth values and nulls.
        var typed = texts.Select(t => t.ToDictionary(p => p.Key, p => (object?)(p.Value is "" or "NA" ? null
            : p.Key is "age" or "income" ? double.Parse(p.Value, CultureInfo.InvariantCulture)
            : p.Key == "member" ? p.Value == "yes"
            : p.Key == "city" && p.Value == "1" ? 1 : p.Value)));
        Same(Binder.BindJson(JsonSerializer.SerializeToUtf8Bytes(new { rows = typed })).Frame, expected);
    }

    [Fact]
    public void The_skew_law_a_CSV_body_and_a_CSV_file_bind_the_same_bits()
    {
        var schema = TinyModels.Schema(TaskKind.Binary);
        var names = schema.Features.Select(c => c.Name).ToArray();
        var texts = TinyModels.Texts(300, 43);
        var csv = Encoding.UTF8.GetBytes(
            string.Join(',', names) + "\n" + string.Join('\n', texts.Select(t => string.Join(',', names.Select(n => n is "city" or "note" ? "\"" + t[n] + "\"" : t[n])))) + "\n");
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["rows.csv"], csv);
        using var file = DataSource.Open(folder["rows.csv"]);
        var records = file.Records([.. schema.Features], 1000).Single();
        records.Errors.ShouldAllBe(e => e == null);
        Same(Binder.BindCsv(csv).Frame, records.Rows);
    }

    [Fact]
    public void The_skew_law_columns_and_typed_values_bind_the_same_bits_as_rows()
    {
        var texts = TinyModels.Texts(100, 44);
        var expected = TinyModels.Bind(TinyModels.Schema(TaskKind.Binary), texts);
        var names = expected.Columns.Select(c => c.Name).ToArray();
        var columns = names.Reverse().ToDictionary(n => n, n => texts.Select(t => t[n]));
        Same(Binder.BindJson(JsonSerializer.SerializeToUtf8Bytes(new { columns })).Frame, expected);

        var writer = Binder.Write();
        foreach (var text in texts)
        {
            foreach (var name in names)
                if (name is "age" or "income" && double.TryParse(text[name], CultureInfo.InvariantCulture, out var number))
                    writer.Set(writer.Column(name), number);
                else if (name == "member")
                    writer.Set(writer.Column(name), text[name] == "yes");
                else
                    writer.Set(writer.Column(name), Encoding.UTF8.GetBytes(text[name]));
            writer.EndRow();
        }

        using var rows = writer.End();
        Same(rows.Frame, expected);
        writer.Column("outcome").ShouldBe(-1);
    }

    [Fact]
    public void Absent_columns_are_missing_in_all_rows_and_told()
    {
        using var bound = Binder.BindJson("{\"columns\":{\"age\":[1,null,3],\"id\":[{},[],7],\"city\":[\"Wien\",\"Rom\",\"Rom\"]}}"u8);
        ((NumericColumn)bound.Frame["age"]).Values.ToArray().ShouldBe([1, double.NaN, 3]);
        bound.Frame["note"].IsMissing(2).ShouldBeTrue();
        bound.Warnings.ShouldContain("The column 'income' is not in any of the 3 rows; it was taken as a missing value.");
        bound.Warnings.ShouldContain("The column 'city' has in 2 of 3 rows (the first: rows[1]) a value that was not in the training data, such as 'Rom'; it was taken as unknown.");
    }

    [Theory]
    [InlineData("{\"columns\":[]}", "'columns' must be an object of arrays")]
    [InlineData("{\"columns\":{\"age\":1}}", "The column 'age' must be an array of values.")]
    [InlineData("{\"columns\":{\"age\":[1,2],\"income\":[1]}}", "The column 'income' has 1 values where those before have 2.")]
    [InlineData("{\"columns\":{\"agee\":[1]}}", "There is no column 'agee'; the nearest known one is 'age'.")]
    [InlineData("{\"columns\":{\"age\":[1],\"age\":[1]}}", "stands there twice")]
    [InlineData("{\"columns\":{\"age\":[1,\"old\"]}}", "rows[1]: 'old' is not a number, which the column 'age' holds.")]
    [InlineData("{\"columns\":{}}", "There is no row")]
    [InlineData("{\"columns\":{\"age\":[]}}", "There is no row")]
    [InlineData("{\"rows\":[{}],\"columns\":{}}", "'rows' or 'columns' twice")]
    [InlineData("{\"rows\":[{}],\"topK\":1.5}", "'topK' must be a whole number")]
    [InlineData("{\"rows\":[{}],\"explain\":1}", "'explain' must be true or false")]
    [InlineData("{\"rows\":[{}],\"interval\":90}", "'interval' must be a number between 0 and 1")]
    public void Columns_and_options_that_are_wrong_are_refused_in_a_sentence(string body, string sentence)
    {
        Should.Throw<RowBindingException>(() => Binder.BindJson(Encoding.UTF8.GetBytes(body))).Message.ShouldContain(sentence);
        // Nothing of it is left to the next request.
        using var next = Binder.BindJson(Encoding.UTF8.GetBytes("{\"rows\":[{" + Full + "}]}"));
        next.Warnings.ShouldBeEmpty();
        Number(next.Frame, "age").ShouldBe(30);
    }

    [Fact]
    public void Rows_are_gone_when_they_are_disposed()
    {
        var rows = Json("{" + Full + "}");
        rows.Dispose();
        rows.Dispose();
        Should.Throw<ObjectDisposedException>(() => rows.Frame);
        using var one = Json("{" + Full + "}");
        using var two = Json("{\"age\":7}");
        Number(one.Frame, "age").ShouldBe(30);
        Number(two.Frame, "age").ShouldBe(7);
    }

    [Fact]
    public void A_body_in_pieces_is_the_same_body()
    {
        var body = Encoding.UTF8.GetBytes("{\"rows\":[{" + Full + "}],\"id\":\"abc\"}");
        var first = new Segment(body.AsMemory(0, 17));
        var last = first.Then(body.AsMemory(17, 30)).Then(body.AsMemory(47));
        var bound = Binder.BindJson(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
        bound.RequestId.ShouldBe("abc");
        Same(bound.Frame, Binder.BindJson(body).Frame);
    }

    [Fact]
    public void CSV_is_read_as_RFC_4180_has_it()
    {
        var bound = Binder.BindCsv("\uFEFFnote;city;age\r\n\"a \"\"b\"\";\nc\";\"Köln, Süd\";1\r\n\n;Wien;\n"u8, ';');
        ((TextColumn)bound.Frame["note"]).Values.ToArray().ShouldBe(["a \"b\";\nc", null]);
        ((CategoryColumn)bound.Frame["city"]).Codes.ToArray().ShouldBe([3, 1]);
        bound.Frame["age"].IsMissing(1).ShouldBeTrue();
        bound.Warnings.Select(w => w.Split('\'')[1]).ShouldBe(["income", "member", "joined"]);
    }

    [Theory]
    [InlineData("", "no record")]
    [InlineData("age\n", "no record")]
    [InlineData("agee\n1", "There is no column 'agee'; the nearest known one is 'age'.")]
    [InlineData("age,age\n1,2", "twice")]
    [InlineData("age,city\n1,Wien\n1,Wien,2", "record 2: the record on line 3 has 3 fields")]
    [InlineData("age,city\n1", "has 1 fields")]
    [InlineData("note\n\"abc", "never closed")]
    [InlineData("note\n\"abc\"d", "neither a separator")]
    [InlineData("age\nx", "record 1: 'x' is not a number")]
    public void A_CSV_that_is_broken_is_refused_in_a_sentence(string body, string sentence) =>
        Should.Throw<RowBindingException>(() => Binder.BindCsv(Encoding.UTF8.GetBytes(body))).Message.ShouldContain(sentence);

    [Fact]
    public void What_is_not_UTF_8_is_refused()
    {
        Should.Throw<RowBindingException>(() => Binder.BindCsv([(byte)'a', 0xff])).Message.ShouldContain("UTF-8");
        Should.Throw<RowBindingException>(() => Binder.BindJson([(byte)'{', 0xff])).Message.ShouldContain("UTF-8");
    }

    private static BoundRows Json(string rows) => Binder.BindJson(Encoding.UTF8.GetBytes("{\"rows\":[" + rows + "]}"));

    private static RowBindingException Refused(string rows) => Should.Throw<RowBindingException>(() => Json(rows));

    private static double Number(Frame frame, string column) => ((NumericColumn)frame[column]).Values[0];

    private static void Same(Frame actual, Frame expected)
    {
        actual.RowCount.ShouldBe(expected.RowCount);
        foreach (var column in expected.Columns)
        {
            switch (column)
            {
                case NumericColumn numbers:
                    ((NumericColumn)actual[column.Name]).Values.ToArray().Select(BitConverter.DoubleToInt64Bits)
                        .ShouldBe(numbers.Values.ToArray().Select(BitConverter.DoubleToInt64Bits), column.Name);
                    break;
                case CategoryColumn codes:
                    ((CategoryColumn)actual[column.Name]).Codes.ToArray().ShouldBe(codes.Codes.ToArray(), column.Name);
                    break;
                case TextColumn texts:
                    ((TextColumn)actual[column.Name]).Values.ToArray().ShouldBe(texts.Values.ToArray(), column.Name);
                    break;
            }
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
