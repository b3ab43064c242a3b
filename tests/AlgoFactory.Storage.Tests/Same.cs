using System.Text.Json;
using System.Text.Json.Serialization;
using Shouldly;

namespace AlgoFactory.Storage.Tests;

/// <summary>Compares records with nested lists by content (two immutable arrays are equal only when they are one).</summary>
internal static class Same
{
    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    public static void ShouldHaveContentOf<T>(this T actual, T expected) => Text(actual).ShouldBe(Text(expected));

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, Options);
}
