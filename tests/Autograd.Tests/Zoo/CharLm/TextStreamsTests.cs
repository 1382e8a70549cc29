using Autograd.Zoo;
using Autograd.Zoo.CharLm;

namespace Autograd.Tests.Zoo.CharLm;

public sealed class TextStreamsTests
{
    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(2, 3, 9)]
    [InlineData(32, 50, 1814)]
    [InlineData(9, 1, 20)]
    public void The_shortest_text_is_one_chunk_long(int batch, int time, int needed)
    {
        Assert.Equal(needed, CharLmData.CharactersNeeded(batch, time));
        Assert.Equal(1, CharLmData.Training(Text(needed), batch, time).CountChunks(time));
        Failure failure = Assert.Throws<Failure>(() => CharLmData.Training(Text(needed - 1), batch, time));
        Assert.Equal(ExitCode.InputFile, failure.Code);
        Assert.Contains($"at least {needed:N0} characters", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"got {needed - 1:N0} characters", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_need_of_absurd_sizes_is_still_a_number() =>
        Assert.Throws<Failure>(() => CharLmData.Training(Text(100), 1_000_000, 1_000_000));

    [Theory]
    [InlineData(1000, 4, 7)]
    [InlineData(997, 32, 5)]
    [InlineData(64, 1, 10)]
    public void Training_reads_streams_side_by_side(int characters, int batch, int time)
    {
        TextCorpus text = Text(characters);
        ushort[] ids = text.Ids.ToArray();
        SequenceStream streams = CharLmData.Training(text, batch, time);
        int length = CharLmData.TrainingCount(characters) / batch, chunks = 0;
        foreach (SequenceChunk chunk in streams.Chunks(time))
        {
            Assert.Equal(chunks++, chunk.Index);
            for (int t = 0; t < time; t++)
            {
                for (int b = 0; b < batch; b++)
                {
                    int position = (b * length) + (chunk.Index * time) + t;
                    Assert.Equal(ids[position], chunk.Inputs[t, b]);
                    Assert.Equal(ids[position + 1], chunk.Targets[t, b]);
                    Assert.True(position + 1 < CharLmData.TrainingCount(characters));
                }
            }
        }

        // Another chunk would not fit.
        Assert.Equal(streams.CountChunks(time), chunks);
        Assert.True(((chunks + 1) * time) + 1 > length);
    }

    [Fact]
    public void The_first_nine_tenths_train()
    {
        for (int characters = 1; characters < 100; characters++)
            Assert.Equal((int)Math.Floor((decimal)characters * 0.9m), CharLmData.TrainingCount(characters));
        Assert.Equal(1_932_735_282, CharLmData.TrainingCount(int.MaxValue));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(50)]
    public void Every_validation_character_is_counted_once(int time)
    {
        for (int characters = 2; characters < 400; characters++)
        {
            TextCorpus text = Text(characters);
            ushort[] ids = text.Ids.ToArray();
            var streams = new ValidationStreams(text);
            int train = CharLmData.TrainingCount(characters);
            Assert.Equal(characters - train, streams.Characters);

            List<int>[] read = [.. Enumerable.Range(0, 8).Select(_ => new List<int>())];
            int counted = 0;
            for (int step = 0; step < streams.Steps; step += time)
            {
                int rows = Math.Min(time, streams.Steps - step);
                int[] inputs = new int[rows * 8], targets = new int[rows * 8];
                counted += streams.Fill(step, inputs, targets);
                for (int i = 0; i < inputs.Length; i++)
                {
                    Assert.InRange(inputs[i], 0, text.Characters.Count - 1);
                    if (targets[i] == ValidationStreams.Ignored)
                    {
                        Assert.Equal(streams.Steps - 1, step + (i / 8));
                        continue;
                    }
                    // A stream goes on where it was: its input is the target before.
                    if (read[i % 8].Count > 0)
                        Assert.Equal(read[i % 8][^1], inputs[i]);
                    read[i % 8].Add(targets[i]);
                }
            }
            Assert.Equal(streams.Characters, counted);
            Assert.Equal(ids[train..].Select(id => (int)id), read.SelectMany(stream => stream));
        }
    }

    [Fact]
    public void Each_stream_begins_after_the_character_before_it()
    {
        TextCorpus text = Text(200);
        ushort[] ids = text.Ids.ToArray();
        int[] inputs = new int[8], targets = new int[8];
        new ValidationStreams(text).Fill(0, inputs, targets);
        // 20 characters: four streams of 3, then four of 2.
        int[] begins = [180, 183, 186, 189, 192, 194, 196, 198];
        Assert.Equal(begins.Select(begin => (int)ids[begin - 1]), inputs);
        Assert.Equal(begins.Select(begin => (int)ids[begin]), targets);
    }

    [Fact]
    public void One_character_cannot_be_validated() =>
        Assert.Equal(ExitCode.InputFile, Assert.Throws<Failure>(() => new ValidationStreams(Text(1))).Code);

    private static TextCorpus Text(int length)
    {
        var random = new Random(length);
        return TextCorpus.FromText("text", string.Create(length, random, (span, source) =>
        {
            foreach (ref char letter in span)
                letter = (char)('a' + source.Next(26));
        }));
    }
}
