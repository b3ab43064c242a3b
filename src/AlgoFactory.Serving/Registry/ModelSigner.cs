using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Serving.Registry;

/// <summary>
/// Signs versions with a key that only this installation has, so that what somebody with access to the folder of models has put or
/// exchanged there is not served: HMAC-SHA256 of name, number and hash, in a file beside the model. (The hash is of the manifest, which
/// has the sum of every entry.)
/// </summary>
public sealed class ModelSigner
{
    /// <summary>The fewest characters of a key.</summary>
    public const int MinKeyLength = 32;

    private const string FileName = "signature";

    private readonly byte[] _key;

    /// <summary>Takes the key.</summary>
    /// <exception cref="ArgumentException">It is too short.</exception>
    public ModelSigner(string key)
    {
        if (key.Length < MinKeyLength)
            throw new ArgumentException($"A key has {MinKeyLength} characters or more.", nameof(key));
        _key = Encoding.UTF8.GetBytes(key);
    }

    /// <summary>Writes a version's signature into its folder.</summary>
    internal void Write(string folder, ModelVersion version) =>
        DurableFile.Write(Path.Combine(folder, FileName), stream => stream.Write(Encoding.ASCII.GetBytes(Of(version))));

    /// <summary>Whether a version's folder holds its signature, by this key.</summary>
    internal bool IsSigned(string folder, ModelVersion version)
    {
        var expected = Encoding.ASCII.GetBytes(Of(version));
        var found = new byte[expected.Length + 1];
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, FileName));
            return CryptographicOperations.FixedTimeEquals(found.AsSpan(0, file.ReadAtLeast(found, found.Length, throwOnEndOfStream: false)), expected);
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Why a version is refused.</summary>
    internal static string Refusal(string name, int version) => string.Create(
        CultureInfo.InvariantCulture,
        $"Version {version} of the model '{name}' is not signed with this installation's key (AlgoFactory:Registry:SigningKey): it was put or exchanged in the folder of models by hand, or published before there was the key. If you know where it comes from, run on the server: algofactory models sign {name} --version {version}");

    private string Of(ModelVersion version) => Convert.ToHexStringLower(HMACSHA256.HashData(
        _key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"model/1\n{version.Name}\n{version.Version}\n{version.Hash}"))));
}
