using System.Text;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Reads a CSV body as RFC 4180 has it: a line of names, then one record a row; fields in quotes may hold separators,
/// line ends and doubled quotes. Nothing is sniffed.
/// </summary>
internal ref struct CsvRows
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly byte _separator;
    private readonly BindingScratch _scratch;
    private int _at;
    private int _line = 1;

    private CsvRows(ReadOnlySpan<byte> body, char separator, BindingScratch scratch)
    {
        _body = body.StartsWith(Encoding.UTF8.Preamble) ? body[3..] : body;
        _separator = (byte)separator;
        _scratch = scratch;
    }

    public static BoundRows Bind(ReadOnlySpan<byte> body, char separator, BindingScratch scratch, AnswerOptions options)
    {
        scratch.Begin(csv: true);
        new CsvRows(body, separator, scratch).ReadAll();
        if (scratch.Row == 0)
            throw new RowBindingException("The body has no record; send a line of column names and at least one record.");
        return scratch.End(null, options);
    }

    private void ReadAll()
    {
        var names = ReadNames();
        while (SkipBlankLines())
        {
            _scratch.CheckRoom();
            var line = _line;
            var fields = 0;
            bool more;
            do
            {
                var field = ReadField(out more);
                if (fields < names.Length)
                {
                    var slot = _scratch.Slot(names[fields]);
                    if (slot < _scratch.Index.FeatureCount)
                        _scratch.SetText(slot, field);
                }

                fields++;
            }
            while (more);
            if (fields != names.Length)
                throw _scratch.Fault($"the record on line {line} has {fields} fields where the first line has {names.Length} names.", null);
            _scratch.EndRow();
        }
    }

    private string[] ReadNames()
    {
        if (!SkipBlankLines())
            return [];
        var names = new List<string>();
        bool more;
        do
        {
            var name = Encoding.UTF8.GetString(ReadField(out more)).Trim();
            if (names.Count == _scratch.Limits.ValuesPerRow)
                throw new RowBindingException($"The first line has more than the {_scratch.Limits.ValuesPerRow} names allowed.");
            if (_scratch.Index.Find(name) < 0)
                throw new RowBindingException(
                    $"There is no column '{BindingScratch.Shown(name)}'; the nearest known one is '{_scratch.Index.Nearest(name)}'.", column: name);
            if (names.Contains(name))
                throw new RowBindingException($"The column '{name}' stands in the first line twice.", column: name);
            names.Add(name);
        }
        while (more);
        return [.. names];
    }

    private bool SkipBlankLines()
    {
        while (_at < _body.Length && _body[_at] is (byte)'\n' or (byte)'\r')
            EndLine();
        return _at < _body.Length;
    }

    /// <summary>Reads a field and what ends it; <paramref name="more"/> when that was a separator.</summary>
    private ReadOnlySpan<byte> ReadField(out bool more)
    {
        var field = _at < _body.Length && _body[_at] == '"' ? Quoted() : Plain();
        more = _at < _body.Length && _body[_at] == _separator;
        if (more)
            _at++;
        else if (_at < _body.Length)
            EndLine();
        return field;
    }

    private ReadOnlySpan<byte> Plain()
    {
        var rest = _body[_at..];
        var length = rest.IndexOfAny(_separator, (byte)'\n', (byte)'\r');
        var field = length < 0 ? rest : rest[..length];
        _at += field.Length;
        return field;
    }

    private ReadOnlySpan<byte> Quoted()
    {
        var start = ++_at;
        var line = _line;
        var doubled = 0;
        while (true)
        {
            var next = _body[_at..].IndexOfAny((byte)'"', (byte)'\n');
            if (next < 0)
                throw _scratch.Fault($"the quote that opens on line {line} is never closed.", null);
            _at += next + 1;
            if (_body[_at - 1] == '\n')
            {
                _line++;
                continue;
            }

            if (_at >= _body.Length || _body[_at] != '"')
                break;
            doubled++;
            _at++;
        }

        var field = _body[start..(_at - 1)];
        if (_at < _body.Length && _body[_at] != _separator && _body[_at] is not ((byte)'\n' or (byte)'\r'))
            throw _scratch.Fault($"after the closing quote on line {_line} stands neither a separator nor the line's end.", null);
        return doubled == 0 ? field : WithoutDoubles(field, doubled);
    }

    private readonly ReadOnlySpan<byte> WithoutDoubles(ReadOnlySpan<byte> field, int doubled)
    {
        var single = new byte[field.Length - doubled];
        var to = 0;
        for (var from = 0; from < field.Length; from++)
        {
            single[to++] = field[from];
            if (field[from] == '"')
                from++;
        }

        return single;
    }

    private void EndLine()
    {
        if (_body[_at] == '\r' && _at + 1 < _body.Length && _body[_at + 1] == '\n')
            _at++;
        _at++;
        _line++;
    }
}
