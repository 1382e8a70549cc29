using System.Text;
using Autograd.Tests.Zoo;

namespace Autograd.Tests.Interop;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Target => _folder["state.bin"];

    private string Previous => _folder["state.previous.bin"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Generations_follow_each_other()
    {
        for (int generation = 0; generation < 4; generation++)
        {
            Save($"generation {generation}");
            Assert.Equal($"generation {generation}", File.ReadAllText(Target));
            if (generation > 0)
                Assert.Equal($"generation {generation - 1}", File.ReadAllText(Previous));
        }
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void Without_a_previous_path_only_the_file_is_left()
    {
        AtomicFile.Write(Target, stream => stream.WriteByte(1));
        AtomicFile.Write(Target, stream => stream.WriteByte(2));
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));
        Assert.Equal([2], File.ReadAllBytes(Target));
    }

    /// <summary>The n-th file operation fails, for every n, in three ways; the old generations stay and nothing is left over.</summary>
    [Theory]
    [InlineData("No space left on device", 28)]
    [InlineData("Input/output error", 5)]
    [InlineData(null, 13)]
    public void A_failure_at_any_operation_leaves_the_old_file(string? message, int code)
    {
        Save("first");
        Save("second");
        int operation = 0, failAt = 0;
        void before(string name)
        {
            if (++operation == failAt)
                throw message is null ? new UnauthorizedAccessException(name) : new IOException(message, code);
        }
        for (failAt = 1; ; failAt++)
        {
            operation = 0;
            Exception? error = Record.Exception(() => AtomicFile.Write(
                Target,
                stream =>
                {
                    for (int piece = 0; piece < 5; piece++)
                    {
                        before("write");
                        stream.Write(new byte[100_000]);
                    }
                },
                Previous,
                before));
            Assert.False(File.Exists(Target + ".tmp"));
            if (error is null)
                break;
            Assert.True(error is IOException or UnauthorizedAccessException);
            // The last operation flushes the folder: by then the new file is in place.
            bool replaced = operation == 9;
            Assert.Equal(replaced ? 500_000 : "second".Length, new FileInfo(Target).Length);
            Assert.Equal(replaced ? "second" : "first", File.ReadAllText(Previous));
        }
        Assert.Equal(10, failAt);
    }

    [Fact]
    public void Any_exception_of_the_content_passes_through()
    {
        Save("old");
        Assert.Throws<InvalidTimeZoneException>(() => AtomicFile.Write(Target, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidTimeZoneException();
        }));
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_file_left_by_a_killed_process_is_replaced()
    {
        File.WriteAllText(Target + ".tmp", "half of something longer than what follows");
        Save("whole");
        Assert.Equal("whole", File.ReadAllText(Target));
        Assert.False(File.Exists(Target + ".tmp"));
    }

    [Fact]
    public void Two_writers_of_one_file_are_told()
    {
        AtomicFile.Write(Target, stream =>
        {
            stream.Write("outer"u8);
            Assert.ThrowsAny<IOException>(() => Save("inner"));
        });
        Assert.Equal("outer", File.ReadAllText(Target));
    }

    [Fact]
    public void A_reader_keeps_what_it_opened()
    {
        Save("old content");
        using FileStream reader = new(Target, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Save("new");
        byte[] read = new byte[11];
        reader.ReadExactly(read);
        Assert.Equal("old content", Encoding.UTF8.GetString(read));
    }

    [Fact]
    public void A_missing_folder_is_an_io_error() =>
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(_folder["no/such"], _ => { }));

    private void Save(string content) => AtomicFile.Write(Target, stream => stream.Write(Encoding.UTF8.GetBytes(content)), Previous);
}
