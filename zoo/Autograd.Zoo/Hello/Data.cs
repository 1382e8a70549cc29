namespace Autograd.Zoo.Hello;

/// <summary>One word: each of its letters is to be followed by the next.</summary>
internal static class HelloData
{
    public const string Word = "hello";

    public static Vocabulary Letters { get; } = new(["h", "e", "l", "o"]);

    /// <summary>"hell", [4, 1].</summary>
    public static Tensor<int> Inputs { get; } = Column(Word[..^1]);

    /// <summary>"ello", [4, 1].</summary>
    public static Tensor<int> Targets { get; } = Column(Word[1..]);

    private static Tensor<int> Column(string letters) => new([letters.Length, 1], Letters.Encode(letters.Select(static letter => letter.ToString())));
}
