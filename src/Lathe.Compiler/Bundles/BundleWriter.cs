using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Compilation.Bundles;

/// <summary>
/// Writes bundles (see docs/bundle.md). Equal programs, code and target make equal bytes.
/// </summary>
public static class BundleWriter
{
    private const int Alignment = 64;

    /// <summary>
    /// Writes <paramref name="path"/> in one go, or nothing. <paramref name="codeFile"/> is <c>mod.so</c>, <c>mod.o</c> or
    /// <c>mod.wasm</c>, for <paramref name="threads"/> threads where that is given; the rest of the code's facts come from <paramref name="program"/>.
    /// </summary>
    public static void Write(
        string path, LoweredProgram program, ReadOnlyMemory<byte> code, string codeFile, string target, string sourceHash = "", int? threads = null)
    {
        AtomicFile.Write(path, file =>
        {
            using var parameters = new SegmentStream(SafetensorsFile.Segments(ParameterTensors(program), alignment: Alignment));
            string parametersHash = Convert.ToHexStringLower(SHA256.HashData(parameters));
            parameters.Position = 0;

            var manifest = Manifest(program.Program, codeFile, target, sourceHash) with
            {
                CodeSha256 = Convert.ToHexStringLower(SHA256.HashData(code.Span)),
                ParametersSha256 = parametersHash,
                Threads = threads,
            };
            using var tar = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: true);
            Add(tar, "mod.json", new MemoryStream(manifest.ToUtf8()));
            Add(tar, codeFile, new MemoryStream(code.ToArray()));
            Add(tar, "mod.params", parameters);
        });
    }

    private static void Add(TarWriter tar, string name, Stream data) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = data,
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    });

    /// <summary>
    /// The parameters in the order of their offsets, which the file's padding then reproduces, and an empty tensor at the
    /// end that makes the data as long as the block.
    /// </summary>
    private static List<KeyValuePair<string, Tensor>> ParameterTensors(LoweredProgram program)
    {
        var tensors = new List<KeyValuePair<string, Tensor>>();
        long end = 0;
        foreach (var (offset, tensor) in program.Parameters)
        {
            if (offset != AlignUp(end))
                throw new InternalException("LATHE5201", $"a parameter of {program.Program.Name} is at {offset}, and the file has it at {AlignUp(end)}");
            // Several empty tensors can be at one offset.
            tensors.Add(new($"{offset.ToString(CultureInfo.InvariantCulture)}{(tensor.Bytes.Length == 0 ? $".empty{tensors.Count}" : "")}", tensor));
            end = offset + tensor.Bytes.Length;
        }
        if (program.Program.ParameterBytes != AlignUp(end))
            throw new InternalException("LATHE5201", $"the parameters of {program.Program.Name} end at {end}, and its block at {program.Program.ParameterBytes}");
        tensors.Add(new("end", Tensor.Zeros(DType.UInt8, Shape.Of(0))));
        return tensors;
    }

    private static long AlignUp(long value) => (value + Alignment - 1) & -Alignment;

    private static BundleManifest Manifest(Program program, string codeFile, string target, string sourceHash) => new()
    {
        Format = BundleManifest.CurrentFormat,
        Name = program.Name,
        Target = target,
        Abi = NativeCode.AbiVersion,
        SourceHash = sourceHash,
        Code = codeFile,
        CodeSha256 = "",
        ParametersSha256 = "",
        ArenaBytes = program.ArenaBytes,
        ParameterBytes = program.ParameterBytes,
        Inputs = [.. program.Inputs.Select(Buffer)],
        Outputs = [.. program.Outputs.Select(Buffer)],
        Steps = [.. program.Steps.Select(s => new BundleStep(s.Name, s.Kernel.Name, [.. s.Arguments.Select(Place)], s.Work.Flops, s.Work.DoneFlops, s.Work.Bytes, s.Work.WeightBytes))],
        Loops = program.Loops.Count == 0 ? null : [.. program.Loops.Select(l => new BundleLoop(l.First, l.Body, l.Last, l.Condition))],
        Digest = "",
    };

    private static BundleBuffer Buffer(ProgramBuffer buffer) => new(buffer.Name, buffer.Element.Name, [.. buffer.Shape]);

    private static string Place(Location location) => location.Region switch
    {
        Region.Input => $"input {location.Offset}",
        Region.Output => $"output {location.Offset}",
        Region.Parameters => $"params+{location.Offset}",
        _ => $"arena+{location.Offset}",
    };
}
