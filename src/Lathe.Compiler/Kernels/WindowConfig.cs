using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>The tile of a convolution of small groups, or of a pool, that is kept in registers.</summary>
/// <param name="Rows">Output rows: those of stride 1 share most of the data that they read.</param>
/// <param name="Places">Output places in a row.</param>
internal sealed record WindowConfig(int Rows, int Places)
{
    private const int MaxRows = 4;
    private const int MaxPlaces = 14;

    /// <summary>Cycles of a load whose line another of the same tile has pushed out of the first level.</summary>
    private const double MissCycles = 2;

    /// <summary>How much of the time that data take to come from the second level is not hidden (fitted to Zen 5).</summary>
    private const double NearShare = 0.25;

    public static WindowConfig Of(Schedule schedule) => new((int)schedule["rows"], (int)schedule["places"]);

    public IEnumerable<Knob> Knobs => [new("rows", Rows), new("places", Places)];

    /// <summary>The tile that costs the least for an image of so many output rows and places.</summary>
    public static WindowConfig For(Node node, DType element, long height, long width, MachineFacts machine) =>
        All(node, element, height, width, machine).Where(c => c.KeepsRows(node, machine)).MinBy(c => c.Cost(node, height, width, machine))!;

    /// <summary>All tiles whose sums and a few operands fit the registers, or a single place.</summary>
    public static IEnumerable<WindowConfig> All(Node node, DType element, long height, long width, MachineFacts machine)
    {
        var window = WindowKernels.WindowOf(node);
        int registers = Registers(machine);
        return
            from rows in Enumerable.Range(1, (int)Math.Min(MaxRows, window.Rank == 2 ? height : 1))
            from places in Enumerable.Range(1, (int)Math.Min(MaxPlaces, width))
            where rows * places == 1 || (rows * places) + Math.Min(window.Kernel[^1], 3) + 2 <= registers
            select new WindowConfig(rows, places);
    }

    /// <summary>
    /// Cycles for a vector of channels, in units of one multiply-add or load, whichever are more. Weights are loaded once where the whole
    /// window fits the registers beside the sums, and for each row of sums where it does not. Tiles that overlap count in full.
    /// </summary>
    public double Cost(Node node, long height, long width, MachineFacts machine)
    {
        var window = WindowKernels.WindowOf(node);
        bool twoAxes = window.Rank == 2;
        long kernelHeight = twoAxes ? window.Kernel[0] : 1, kernel = kernelHeight * window.Kernel[^1];
        long sums = Rows * Places;
        long dataRows = Math.Min(Rows * kernelHeight, ((Rows - 1) * (twoAxes ? window.Strides[0] : 1)) + ((kernelHeight - 1) * (twoAxes ? window.Dilations[0] : 1)) + 1);
        long dataColumns = Math.Min(Places * window.Kernel[^1], ((Places - 1) * window.Strides[^1]) + window.Span(window.Rank - 1));
        long weights = node.Op is not Conv ? 0 : sums + kernel + 2 <= Registers(machine) ? kernel : Rows * kernel;
        int depth = WindowKernels.DepthOf(node);
        // Shuffles compete with multiply-adds.
        double loads = ((dataRows * dataColumns) + weights) * (depth > 1 ? machine.Rates.Load : 1);
        double arithmetic = (sums * kernel) + (depth > 1 ? dataRows * dataColumns : 0);
        double misses = depth > 1 && Compete(node, dataRows * dataColumns, machine) ? dataRows * dataColumns * MissCycles : 0;
        // Rows that the tile above has read too come from the second level again.
        double again = dataRows * dataColumns * NearShare * machine.VectorBytes / machine.Rates.NearBytes;
        double step = (depth * (Math.Max(arithmetic, loads) + misses)) + again + (2 * sums) + 4;
        return step * ContractionConfig.DivideUp(height, Rows) * ContractionConfig.DivideUp(width, Places);
    }

    /// <summary>Whether a row of data, and the weights of all sums that read it, stay in registers beside the sums while the channels of a group pass by.</summary>
    public bool KeepsRows(Node node, MachineFacts machine)
    {
        var window = WindowKernels.WindowOf(node);
        long data = ((Places - 1) * window.Strides[^1]) + window.Span(window.Rank - 1);
        long weights = Math.Min(Rows, window.Rank == 2 ? window.Kernel[0] : 1) * window.Kernel[^1];
        return Rows * Places == 1 || WindowKernels.DepthOf(node) == 1 || (Rows * Places) + data + weights + 2 <= Registers(machine);
    }

    /// <summary>
    /// Whether the data of a tile, a line of each place, push each other out of the first-level cache before all channels of a group have read them: places
    /// are as far apart as their channels are long, so that those of a power of two fall on few lines.
    /// </summary>
    private static bool Compete(Node node, long data, MachineFacts machine)
    {
        long stride = node.Inputs[0].Shape[^1].Value * node.Inputs[0].Element.Size;
        return ContractionConfig.DivideUp(data, machine.PlacesAt(stride)) >= machine.L1Ways;
    }

    private static int Registers(MachineFacts machine) => machine.VectorBytes == 0 ? 12 : machine.VectorRegisters;
}
