using Lathe.Loops;

namespace Lathe.Compilation.Tuning;

/// <summary>What the tuner tells the process that runs kernels, and that process answers. Kernels have numbers that the tuner gives them.</summary>
internal abstract record RunnerMessage
{
    private enum Kind : byte
    {
        Load, Run, Compare, Drop, Ready, Loaded, Took, Compared, Refused,
    }

    /// <summary>Compile a kernel, so many copies of it; answered by <see cref="Loaded"/> or <see cref="Refused"/>, in any order.</summary>
    public sealed record Load(int Number, int Copies, KernelJob Job) : RunnerMessage;

    /// <summary>Run kernels one after the other; each is answered by <see cref="Took"/> as soon as it has ended.</summary>
    public sealed record Run(IReadOnlyList<Turn> Turns) : RunnerMessage;

    /// <summary>Compare what two kernels wrote last; answered by <see cref="Compared"/>.</summary>
    public sealed record Compare(int Number, int Standard) : RunnerMessage;

    /// <summary>Forget all kernels.</summary>
    public sealed record Drop : RunnerMessage;

    /// <summary>The first that the process says.</summary>
    public sealed record Ready : RunnerMessage;

    public sealed record Loaded(int Number) : RunnerMessage;

    /// <param name="Milliseconds">Of all runs of a turn together.</param>
    public sealed record Took(double Milliseconds) : RunnerMessage;

    /// <param name="Difference">Empty where the results agree.</param>
    public sealed record Compared(string Difference) : RunnerMessage;

    /// <param name="Reason">Why a kernel could not be made.</param>
    public sealed record Refused(int Number, string Reason) : RunnerMessage;

    /// <param name="WarmUp">Whether a run that is not timed comes first.</param>
    public readonly record struct Turn(int Number, int Runs, bool WarmUp);

    public void Write(BinaryWriter to)
    {
        switch (this)
        {
            case Load load:
                to.Write((byte)Kind.Load);
                to.Write(load.Number);
                to.Write(load.Copies);
                Write(to, load.Job);
                break;
            case Run run:
                to.Write((byte)Kind.Run);
                to.Write(run.Turns.Count);
                foreach (var turn in run.Turns)
                {
                    to.Write(turn.Number);
                    to.Write(turn.Runs);
                    to.Write(turn.WarmUp);
                }
                break;
            case Compare compare:
                to.Write((byte)Kind.Compare);
                to.Write(compare.Number);
                to.Write(compare.Standard);
                break;
            case Drop:
                to.Write((byte)Kind.Drop);
                break;
            case Ready:
                to.Write((byte)Kind.Ready);
                break;
            case Loaded loaded:
                to.Write((byte)Kind.Loaded);
                to.Write(loaded.Number);
                break;
            case Took took:
                to.Write((byte)Kind.Took);
                to.Write(took.Milliseconds);
                break;
            case Compared compared:
                to.Write((byte)Kind.Compared);
                to.Write(compared.Difference);
                break;
            case Refused refused:
                to.Write((byte)Kind.Refused);
                to.Write(refused.Number);
                to.Write(refused.Reason);
                break;
            default:
                throw new InternalException("LATHE5313", $"a message {GetType().Name} cannot be written");
        }
        to.Flush();
    }

    /// <summary>Throws an <see cref="EndOfStreamException"/> where the other side has ended.</summary>
    public static RunnerMessage Read(BinaryReader from) => (Kind)from.ReadByte() switch
    {
        Kind.Load => new Load(from.ReadInt32(), from.ReadInt32(), ReadJob(from)),
        Kind.Run => new Run([.. Times(from.ReadInt32()).Select(_ => new Turn(from.ReadInt32(), from.ReadInt32(), from.ReadBoolean()))]),
        Kind.Compare => new Compare(from.ReadInt32(), from.ReadInt32()),
        Kind.Drop => new Drop(),
        Kind.Ready => new Ready(),
        Kind.Loaded => new Loaded(from.ReadInt32()),
        Kind.Took => new Took(from.ReadDouble()),
        Kind.Compared => new Compared(from.ReadString()),
        Kind.Refused => new Refused(from.ReadInt32(), from.ReadString()),
        var other => throw new InternalException("LATHE5313", $"a message of kind {other} is not known"),
    };

    private static void Write(BinaryWriter to, KernelJob job)
    {
        to.Write(job.Kernel);
        to.Write(job.Arguments.Count);
        foreach (var place in job.Arguments)
        {
            to.Write((byte)place.Region);
            to.Write(place.Offset);
        }
        to.Write(job.ArenaBytes);
        to.Write(job.ParameterBytes);
        to.Write(job.Parameters.Count);
        foreach (var (offset, bytes) in job.Parameters)
        {
            to.Write(offset);
            to.Write(bytes.Length);
            to.Write(bytes.Span);
        }
    }

    private static KernelJob ReadJob(BinaryReader from) => new(
        from.ReadString(),
        [.. Times(from.ReadInt32()).Select(_ => new Location((Region)from.ReadByte(), from.ReadInt64()))],
        from.ReadInt64(),
        from.ReadInt64(),
        [.. Times(from.ReadInt32()).Select(_ => (from.ReadInt64(), (ReadOnlyMemory<byte>)ReadBytes(from)))]);

    private static byte[] ReadBytes(BinaryReader from)
    {
        byte[] bytes = new byte[from.ReadInt32()];
        from.BaseStream.ReadExactly(bytes);
        return bytes;
    }

    private static IEnumerable<int> Times(int count) => Enumerable.Range(0, count);
}
