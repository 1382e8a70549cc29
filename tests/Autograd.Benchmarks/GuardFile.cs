using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.Json;

namespace Autograd.Benchmarks;

/// <summary>
/// The shares that the guard expects, by figure, vector width in bits and maker of the processor, and the part of them below which it
/// fails. A width without a maker holds for all that are not named.
/// </summary>
internal sealed class GuardFile
{
    private const string FailBelowKey = "fail_below", ExpectedKey = "expected";
    private readonly SortedDictionary<string, SortedDictionary<string, double>> _expected;

    private GuardFile(double failBelow, SortedDictionary<string, SortedDictionary<string, double>> expected) => (FailBelow, _expected) = (failBelow, expected);

    private double FailBelow { get; }

    public static GuardFile Read(FileInfo file)
    {
        if (!file.Exists) throw new FileNotFoundException($"The guard's expectations {file.FullName} do not exist; run from the root of the repository, or say --expectations FILE.");
        using FileStream stream = file.OpenRead();
        using JsonDocument document = JsonDocument.Parse(stream);
        SortedDictionary<string, SortedDictionary<string, double>> expected = new(StringComparer.Ordinal);
        foreach (JsonProperty figure in document.RootElement.GetProperty(ExpectedKey).EnumerateObject())
        {
            SortedDictionary<string, double> shares = new(StringComparer.Ordinal);
            foreach (JsonProperty share in figure.Value.EnumerateObject()) shares.Add(share.Name, share.Value.GetDouble());
            expected.Add(figure.Name, shares);
        }

        return new(document.RootElement.GetProperty(FailBelowKey).GetDouble(), expected);
    }

    public double? Find(string figure, int vectorBits) =>
        _expected.TryGetValue(figure, out SortedDictionary<string, double>? shares)
            && (shares.TryGetValue(Key(vectorBits), out double share) || shares.TryGetValue(vectorBits.ToString(CultureInfo.InvariantCulture), out share)) ? share : null;

    /// <summary>The share below which a figure is too slow; one that is not expected always is.</summary>
    public double Least(string figure, int vectorBits) => (Find(figure, vectorBits) ?? double.PositiveInfinity) * FailBelow;

    public void Set(string figure, int vectorBits, double share)
    {
        if (!_expected.TryGetValue(figure, out SortedDictionary<string, double>? shares)) _expected.Add(figure, shares = new(StringComparer.Ordinal));
        shares[Key(vectorBits)] = share;
    }

    /// <summary>Writes the figures in the order given, one a line; others are left out.</summary>
    public void Write(FileInfo file, IEnumerable<string> figures)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{{\n  \"{FailBelowKey}\": {FailBelow},\n  \"{ExpectedKey}\": {{\n");
        text.AppendJoin(",\n", figures.Where(_expected.ContainsKey).Select(figure =>
            $"    {JsonSerializer.Serialize(figure)}: {{ {string.Join(", ", _expected[figure].Select(static share => string.Create(CultureInfo.InvariantCulture, $"\"{share.Key}\": {share.Value:0.0000}")))} }}"));
        File.WriteAllText(file.FullName, text.Append("\n  }\n}\n").ToString());
    }

    private static string Key(int vectorBits) => string.Create(CultureInfo.InvariantCulture, $"{vectorBits} {Maker()}");

    /// <summary>The twelve letters by which an x86 processor names its maker; the architecture of another.</summary>
    private static string Maker()
    {
        if (!X86Base.IsSupported) return RuntimeInformation.ProcessArchitecture.ToString();
        (_, int b, int c, int d) = X86Base.CpuId(0, 0);
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>([b, d, c]));
    }
}
