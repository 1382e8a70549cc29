using System.Collections.Immutable;
using System.Globalization;

namespace Autograd.Zoo.Formats;

/// <summary>A sentence with the universal part of speech of each word.</summary>
/// <param name="Tags">One of <see cref="ConlluFile.Tags"/> a word.</param>
internal sealed record TaggedSentence(string[] Words, string[] Tags);

/// <summary>
/// Sentences in the CoNLL-U format of Universal Dependencies: ten columns a word, an empty line behind every sentence. Comments, ranges
/// (ids like 3-4) and empty nodes (ids like 8.1) are checked and left out.
/// </summary>
/// <remarks>The empty line is asked for behind the last sentence too, as the format has it: without it a file cut off would pass for a whole one.</remarks>
internal static class ConlluFile
{
    private const int Columns = 10;

    // A batch has as many steps as its longest sentence has words, and its longest word letters.
    private const int MostWords = 1_000, MostLetters = 1_000;

    /// <summary>All universal parts of speech, in alphabetical order.</summary>
    public static ImmutableArray<string> Tags { get; } =
        ["ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"];

    /// <summary>A file's sentences.</summary>
    /// <exception cref="Failure">The file is missing, empty, cut off, damaged or of another format.</exception>
    public static TaggedSentence[] Read(string path)
    {
        string[] lines = TextLines.Read(path, "sentences in CoNLL-U");
        List<TaggedSentence> sentences = [];
        Sentence sentence = new(path);
        for (int i = 0; i < lines.Length; i++) sentence.Add(lines[i], i + 1, sentences);
        if (!sentence.AtBeginning)
        {
            throw new Failure(ExitCode.InputFile, $"{path}: line {lines.Length}", "an empty line behind the last sentence", "the end of the file",
                "fetch the file again, or add the line if nothing is missing");
        }

        if (sentences.Count == 0) throw new Failure(ExitCode.InputFile, path, "sentences in CoNLL-U", "empty lines only", "pass the whole file");
        return [.. sentences];
    }

    /// <summary>The sentence that is being read.</summary>
    private sealed class Sentence(string path)
    {
        private readonly List<string> _words = [];
        private readonly List<string> _tags = [];
        private bool _inRows;
        private int _rangeEnd;   // the last word of the last range
        private int _emptyNodes; // since the last word

        /// <summary>Whether an empty line came last.</summary>
        public bool AtBeginning { get; private set; } = true;

        public void Add(string line, int number, List<TaggedSentence> sentences)
        {
            if (line.Length == 0)
            {
                if (!AtBeginning) sentences.Add(End(number));
                return;
            }

            AtBeginning = false;
            if (line[0] != '#')
            {
                _inRows = true;
                AddRow(line.Split('\t'), number);
            }
            else if (_inRows)
            {
                // Skipping it would lose a word whose first digit became a #.
                throw Refuse(number, "a word, or an empty line that ends the sentence", "a comment", "put comments before the sentence");
            }
        }

        private void AddRow(string[] fields, int number)
        {
            if (fields.Length != Columns)
            {
                throw Refuse(number, $"{Columns} columns separated by tabs", $"{fields.Length}", "pass a whole file in the format CoNLL-U");
            }

            int empty = Array.IndexOf(fields, "");
            if (empty >= 0) throw Refuse(number, $"something in column {empty + 1}", "nothing", "write _ where there is nothing to say");
            string id = fields[0];
            int next = _words.Count + 1;
            int mark = id.IndexOfAny(['-', '.']);
            if (mark >= 0)
            {
                if (!TryNumber(id[..mark], out int first) || !TryNumber(id[(mark + 1)..], out int second)
                    || !(id[mark] == '-' ? TakesRange(first, second) : TakesEmptyNode(first, second)))
                {
                    throw Refuse(number, $"the word {next}, a range from it, or the empty node {next - 1}.{_emptyNodes + 1}",
                        TextLines.Show(id), "number the rows in order");
                }

                return;
            }

            if (!TryNumber(id, out int word) || word != next)
            {
                throw Refuse(number, $"the word {next} of its sentence", TextLines.Show(id), "number the words 1, 2, 3 ...");
            }

            int tag = Tags.IndexOf(fields[3]);
            if (tag < 0)
            {
                throw Refuse(number, $"a universal part of speech in column 4 ({string.Join(' ', Tags)})", TextLines.Show(fields[3]),
                    "pass a file with these tags");
            }

            if (fields[1].Length > MostLetters) throw Refuse(number, $"a word of at most {MostLetters:N0} letters", $"{fields[1].Length:N0}", "correct the line");
            if (_words.Count == MostWords) throw Refuse(number, $"an empty line behind {MostWords:N0} words or fewer", "one more word", "split the sentence");
            _words.Add(fields[1]);
            _tags.Add(Tags[tag]);
            _emptyNodes = 0;
        }

        private bool TakesRange(int first, int last)
        {
            bool right = first == _words.Count + 1 && last >= first && first > _rangeEnd;
            _rangeEnd = last;
            return right;
        }

        private bool TakesEmptyNode(int word, int index)
        {
            bool right = word == _words.Count && index == _emptyNodes + 1;
            if (right) _emptyNodes = index;
            return right;
        }

        private TaggedSentence End(int number)
        {
            if (_words.Count == 0) throw Refuse(number, "a sentence of at least one word", "an empty line", "remove the comments without a sentence");
            if (_rangeEnd > _words.Count)
            {
                throw Refuse(number, $"the word {_words.Count + 1}, up to which a range goes", "an empty line", "fetch the file again");
            }

            TaggedSentence sentence = new([.. _words], [.. _tags]);
            _words.Clear();
            _tags.Clear();
            _inRows = false;
            _rangeEnd = _emptyNodes = 0;
            AtBeginning = true;
            return sentence;
        }

        private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

        private Failure Refuse(int number, string expected, string got, string hint) =>
            new(ExitCode.InputFile, $"{path}: line {number}", expected, got, hint);
    }
}
