using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Formats.Onnx;
using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;

namespace Lathe.Samples.Mnist;

/// <summary>Compiles a model file and runs it in this process, without a bundle between.</summary>
internal static class Models
{
    public static Model Compile(string path, Target target)
    {
        var lowered = new Compiler(new(target, Threads: 1), new PassLog()).Compile(OnnxImporter.Import(path));
        var program = lowered.Program;
        var info = new ModelInfo(
            program.Name, Specs(program.Inputs), Specs(program.Outputs), program.Steps.Select(s => s.Name).ToEquatableArray(),
            program.ArenaBytes, program.ParameterBytes, target.ToString());
        return new Model(info, Code(program, target), ParameterMemory.Of(lowered.Parameters, program.ParameterBytes));
    }

    private static ModelCode Code(Loops.Program program, Target target)
    {
        if (target is not Target.Llvm llvm)
            return new ManagedCode(ManagedProgram.Compile(program));
        var module = new JitModule(LlvmCompiler.Compile(program, llvm.Code, threads: 1));
        return new NativeCode(module.Address("lathe_run_steps"), module);
    }

    private static EquatableArray<BufferSpec> Specs(IEnumerable<ProgramBuffer> buffers) =>
        buffers.Select(b => new BufferSpec(b.Name, b.Element, b.Shape)).ToEquatableArray();
}
