using System.Buffers;
using System.Text;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Predictions;
using Microsoft.AspNetCore.Http;
using Shouldly;

namespace AlgoFactory.Web.Tests.Predictions;

public sealed class FormRowsTests
{
    [Fact]
    public async Task Parts_are_columns_and_files_are_base64()
    {
        using var form = new MultipartFormDataContent("b");
        form.Add(new ByteArrayContent([0, 255, 13, 10, 45]), "photo", "one.png");
        form.Add(new StringContent("a \"quoted\", long\r\ntext"), "note");
        form.Add(new ByteArrayContent([7]), "photo", "two.png");
        form.Add(new StringContent(""), "note");
        (await CsvAsync(form)).ShouldBe("\"photo\",\"note\"\n\"AP8NCi0=\",\"a \"\"quoted\"\", long\r\ntext\"\n\"Bw==\",\"\"\n");
    }

    [Fact]
    public async Task An_empty_file_is_refused_and_a_field_where_none_was_chosen_is_a_missing_value()
    {
        using var form = new MultipartFormDataContent("b");
        form.Add(new ByteArrayContent([]), "photo", "one.png");
        (await Should.ThrowAsync<RefusedException>(() => CsvAsync(form))).Message.ShouldBe("The file 'one.png' that is sent as 'photo' is empty.");

        const string unchosen = "--b\r\nContent-Disposition: form-data; name=photo; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n";
        var request = new DefaultHttpContext().Request;
        request.ContentType = "multipart/form-data; boundary=b";
        Encoding.UTF8.GetString(FormRows.ToCsv(request, new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(unchosen))).Span).ShouldBe("\"photo\"\n\"\"\n");
    }

    [Fact]
    public async Task Columns_of_different_lengths_are_refused()
    {
        using var form = new MultipartFormDataContent("b");
        form.Add(new StringContent("1"), "age");
        form.Add(new StringContent("2"), "age");
        form.Add(new StringContent("Wien"), "city");
        (await Should.ThrowAsync<RefusedException>(() => CsvAsync(form))).Message.ShouldBe("The form has 2 values of 'age' and 1 of 'city'; send as many of each as there are rows.");
    }

    [Theory]
    [InlineData("multipart/form-data", "", "boundary")]
    [InlineData("multipart/form-data; boundary=b", "", "broken")]
    [InlineData("multipart/form-data; boundary=b", "--b--\r\n", "no value")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", "no name")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=age\r\n\r\n4", "broken")]
    public void What_is_no_form_is_a_sentence(string contentType, string body, string says)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = contentType;
        Should.Throw<RefusedException>(() => FormRows.ToCsv(request, new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(body)))).Message.ShouldContain(says);
    }

    private static async Task<string> CsvAsync(MultipartFormDataContent form)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = form.Headers.ContentType!.ToString();
        return Encoding.UTF8.GetString(FormRows.ToCsv(request, new ReadOnlySequence<byte>(await form.ReadAsByteArrayAsync())).Span);
    }
}
