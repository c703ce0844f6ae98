namespace Lathe.Targets.Llvm;

/// <summary>The container of a target's machine code.</summary>
public enum ObjectFormat
{
    Elf, MachO, Coff, Wasm,
}
