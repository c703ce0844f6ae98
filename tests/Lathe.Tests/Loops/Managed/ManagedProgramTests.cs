using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;
using LoopProgram = Lathe.Loops.Program;

namespace Lathe.Tests.Loops.Managed;

public class ManagedProgramTests
{
    [Theory]
    [InlineData(0, 3, 17)]
    [InlineData(0, 2, 0)]
    public unsafe void RunsStepsOnTheirPlaces(int first, int last, float expected)
    {
        var f32 = DType.Float32;
        var (x, w, y) = (new Buffer("x", f32, [1]), new Buffer("w", f32, [1]), new Buffer("y", f32, [1]));
        var add = new Kernel("add", [x, w], [y], [], y.Store([0], x[0] + w[0]));
        var twice = new Kernel("twice", [x], [y], [], y.Store([0], x[0] + x[0]));
        Location At(Region region, long offset) => new(region, offset);
        var program = new LoopProgram("p", [new("x", f32, [1])], [new("y", f32, [1])], 128, 128,
        [
            new Step("a", add, [At(Region.Input, 0), At(Region.Parameters, 0), At(Region.Arena, 0)]),
            new Step("b", twice, [At(Region.Arena, 0), At(Region.Arena, 64)]),
            new Step("c", add, [At(Region.Arena, 64), At(Region.Parameters, 64), At(Region.Output, 0)]),
        ]);
        float input = 3, output = 0;
        float* parameters = stackalloc float[32], arena = stackalloc float[32];
        (parameters[0], parameters[16]) = (2, 7);
        ManagedProgram.Compile(program).Run([(nint)(&input)], [(nint)(&output)], (nint)parameters, (nint)arena, null, first, last);
        Assert.Equal(expected, output);
        Assert.Equal(10, arena[16]);
    }
}
