namespace Lathe.Graphs.Ops;

/// <summary>Where an output element lies in the input, see <see cref="ResizeAxis"/>. The names are ONNX's.</summary>
public enum CoordinateMode
{
    HalfPixel, HalfPixelSymmetric, PytorchHalfPixel, AlignCorners, Asymmetric, TfHalfPixel, TfCropAndResize,
}
