using System.Runtime.InteropServices;

namespace Lathe.Compilation.Tuning;

/// <summary>Gradient-boosted trees by XGBoost's library, where it is installed (Debian's libxgboost0).</summary>
internal sealed partial class XgBoost : ICostModel, IDisposable
{
    private const string Library = "libxgboost.so.0";
    private const int Rounds = 80;

    private nint _booster;

    private XgBoost()
    {
    }

    public string Name => "XGBoost";

    /// <summary>Null where the library is not installed.</summary>
    public static XgBoost? TryCreate()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(XgBoost).Assembly, DllImportSearchPath.SafeDirectories, out _))
            return null;
        return new XgBoost();
    }

    public void Train(IReadOnlyList<float[]> features, IReadOnlyList<float> costs)
    {
        Dispose();
        nint data = Matrix(features);
        try
        {
            Check(XGDMatrixSetFloatInfo(data, "label", [.. costs], (ulong)costs.Count));
            Check(XGBoosterCreate([data], 1, out _booster));
            foreach (var (name, value) in new[] { ("max_depth", "6"), ("eta", "0.2"), ("min_child_weight", "1"), ("gamma", "0.0001"), ("verbosity", "0"), ("seed", "1"), ("nthread", "1") })
                Check(XGBoosterSetParam(_booster, name, value));
            for (int round = 0; round < Rounds; round++)
                Check(XGBoosterUpdateOneIter(_booster, round, data));
        }
        finally
        {
            _ = XGDMatrixFree(data);
        }
    }

    public unsafe float[] Predict(IReadOnlyList<float[]> features)
    {
        nint data = Matrix(features);
        try
        {
            Check(XGBoosterPredict(_booster, data, 0, 0, 0, out ulong count, out float* values));
            return new ReadOnlySpan<float>(values, checked((int)count)).ToArray();
        }
        finally
        {
            _ = XGDMatrixFree(data);
        }
    }

    public void Dispose()
    {
        if (_booster != 0)
            _ = XGBoosterFree(_booster);
        _booster = 0;
    }

    private static nint Matrix(IReadOnlyList<float[]> rows)
    {
        float[] flat = [.. rows.SelectMany(r => r)];
        Check(XGDMatrixCreateFromMat(flat, (ulong)rows.Count, (ulong)rows[0].Length, float.NaN, out nint matrix));
        return matrix;
    }

    private static void Check(int status)
    {
        if (status != 0)
            throw new InternalException("LATHE5311", $"XGBoost: {Marshal.PtrToStringUTF8(XGBGetLastError())}");
    }

    [LibraryImport(Library)]
    private static partial nint XGBGetLastError();

    [LibraryImport(Library)]
    private static partial int XGDMatrixCreateFromMat(float[] data, ulong rows, ulong columns, float missing, out nint matrix);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int XGDMatrixSetFloatInfo(nint matrix, string field, float[] values, ulong count);

    [LibraryImport(Library)]
    private static partial int XGDMatrixFree(nint matrix);

    [LibraryImport(Library)]
    private static partial int XGBoosterCreate(nint[] matrices, ulong count, out nint booster);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int XGBoosterSetParam(nint booster, string name, string value);

    [LibraryImport(Library)]
    private static partial int XGBoosterUpdateOneIter(nint booster, int round, nint matrix);

    [LibraryImport(Library)]
    private static unsafe partial int XGBoosterPredict(nint booster, nint matrix, int options, uint trees, int training, out ulong count, out float* values);

    [LibraryImport(Library)]
    private static partial int XGBoosterFree(nint booster);
}
