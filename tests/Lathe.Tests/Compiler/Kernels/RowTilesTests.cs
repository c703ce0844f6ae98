using Lathe.Compilation.Kernels;
using Lathe.Loops;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Tiles compute all places, those that are to compute none twice each once.</summary>
public class RowTilesTests
{
    public static TheoryData<int> MostRows => [.. Enumerable.Range(1, 14)];

    [Theory]
    [MemberData(nameof(MostRows))]
    public void All_places_are_computed(int rows)
    {
        for (long places = 1; places < 1500; places = places < 300 ? places + 1 : places * 9 / 8)
        {
            var twice = Computed(new(places, rows));
            var once = Computed(new(places, rows, Once: true));

            Assert.Equal(Enumerable.Range(0, (int)places).Select(p => (long)p), twice.Distinct());
            Assert.True(twice.Count <= places * 1.01);
            Assert.Equal(Enumerable.Range(0, (int)places).Select(p => (long)p), once);
        }
    }

    [Fact]
    public void A_last_tile_that_is_moved_back_computes_places_twice() => Assert.Equal(3138, Computed(new(3136, 6)).Count);

    /// <summary>The places of all tiles, in order.</summary>
    private static List<long> Computed(RowTiles tiles) =>
    [
        .. tiles.Heights()
            .SelectMany(h => Enumerable.Range((int)h.Begin, (int)(h.End - h.Begin)).Select(tile => (First: ((IntConst)tiles.First(tile, h.Rows)).Value, h.Rows)))
            .SelectMany(t => Enumerable.Range(0, t.Rows).Select(r => t.First + r))
            .Order(),
    ];
}
