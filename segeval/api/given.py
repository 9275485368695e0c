"""What Python gives as a side of a case: arrays of any library, and images with their geometry.

| given | its array | its geometry |
|---|---|---|
| NumPy, lists, and what has `__array__` (JAX, xarray, Dask, TensorFlow) | as it is | none |
| tensors of PyTorch, on any device, with a gradient too | copied to the host where need be | none |
| CuPy, and what has `__dlpack__` alone | copied to the host where need be | none |
| SimpleITK image | (z, y, x), components first | spacing, origin, direction |
| nibabel image | (z, y, x), the fourth axis first | its affine |
| MONAI MetaTensor | (channels, z, y, x) of its (channels, x, y, z) | its affine |

None of these libraries is imported here: an object is known by what it can do.
"""

from __future__ import annotations

import sys
from typing import Any, Protocol

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.nifti import LPS_FROM_RAS, MILLIMETRES, geometry_of_affine
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import frozen

GREY = ("1", "L", "P", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # modes of Pillow, one band


class HasArray(Protocol):
    """An array by NumPy's protocol: JAX, xarray, Dask, TensorFlow, PyTorch on the host."""

    def __array__(self) -> Any:
        """The values."""


class HasDLPack(Protocol):
    """An array by the protocol that libraries of tensors share: PyTorch, CuPy, JAX."""

    def __dlpack__(self) -> Any:
        """The values, without a copy where that can be."""


class HasAffine(Protocol):
    """An image of nibabel or a MetaTensor of MONAI."""

    @property
    def affine(self) -> Any:
        """From (x, y, z) indices to RAS millimetres, (4, 4)."""


class HasDirection(Protocol):
    """An image of SimpleITK."""

    def GetDirection(self) -> Any:  # noqa: N802 - SimpleITK's name
        """The directions of its axes, row by row."""


@frozen
class GivenArray:
    """A side of a case that is in memory.

    array     label map (z, y, x) or (y, x), or with channels as its first axis
    axes      of space: 3, 2, or 0 where the other side has to tell
    geometry  where it lies; None where nothing says
    """

    array: Any
    axes: int = 0
    geometry: Geometry | None = None


def take_given(value: Any, name: str) -> GivenArray:
    """An array or an image as an array of NumPy, with its geometry. Nothing is changed or copied
    that need not be.

    value  whatever `segeval.score` was given
    name   `pred` or `gt`, for messages
    Raises RequestError for what is no array of numbers, CaseError for an image without a grid.
    """
    if value is None:
        raise RequestError(
            f"{name} is None, and no array", help="give an array, an image or a path"
        )
    if isinstance(value, str | bytes | dict | set):
        raise RequestError(f"{name} is {type(value).__name__}, and no array", help="give an array")
    given = _image(value, name) or GivenArray(host_array(value, name))
    if given.array.dtype.kind not in "biuf":
        raise RequestError(f"{name} holds {given.array.dtype} and no numbers")
    if not given.array.size:
        raise RequestError(f"{name} is empty: its shape is {given.array.shape}")
    return given


def _image(value: Any, name: str) -> GivenArray | None:
    """An image with its geometry; None for what is none."""
    if hasattr(value, "GetDirection") and hasattr(value, "GetSpacing"):
        return _itk_image(value, name)
    if hasattr(value, "affine") and hasattr(value, "dataobj"):
        return _nibabel_image(value, name)
    if hasattr(value, "affine") and hasattr(value, "meta"):
        return _meta_tensor(value, name)
    return None


def host_array(value: Any, name: str) -> Any:
    """An array of whatever library as one of NumPy, in the memory of the host.

    value  an array, a tensor, a nested list
    name   `pred` or `gt`, for messages
    Raises RequestError.
    """
    if isinstance(value, np.ma.MaskedArray):
        return _unmasked(value, name)
    if hasattr(value, "getbands") and getattr(value, "mode", "L") not in GREY:
        raise RequestError(
            f"{name} is a picture of colours (mode {value.mode}), and no label map",
            help="give the path of its file, or a label map",
        )
    try:
        return _converted(value)
    except RequestError:
        raise
    except Exception as problem:  # of whatever library made the object
        what = f"{type(value).__module__}.{type(value).__name__}"
        raise RequestError(
            f"{name}, of type {what}, cannot be read as an array ({problem})",
            help="give an array of NumPy, or what has __array__ or __dlpack__",
        ) from problem


def _unmasked(value: Any, name: str) -> Any:
    """The data of a masked array that masks nothing. Raises RequestError for another."""
    count = int(np.ma.getmaskarray(value).sum())
    if not count:
        return value.data
    raise RequestError(
        f"{name} is a masked array, and {count} of its elements are masked",
        help="gt.filled(255) with ignore_label=255 leaves them out; pred.filled(0) is background",
    )


def _converted(value: Any) -> Any:
    """An array of NumPy, by the first way that the object has."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # PyTorch: gradients, devices
        return _from_tensor(value.detach().cpu())
    if hasattr(value, "__cuda_array_interface__") and hasattr(value, "get"):  # CuPy
        return np.asarray(value.get())
    if hasattr(value, "__array__") or not hasattr(value, "__dlpack__"):
        return np.asarray(value)
    return np.from_dlpack(value)


def _from_tensor(tensor: Any) -> Any:
    """A tensor of the host; numbers that NumPy has no type for (bfloat16) as float32."""
    if tensor.is_sparse:
        tensor = tensor.to_dense()
    if any(word in str(tensor.dtype) for word in ("bfloat16", "float8")):
        tensor = tensor.float()
    return np.asarray(tensor)


def _itk_image(image: Any, name: str) -> GivenArray:
    """An image of SimpleITK. Raises CaseError."""
    library = sys.modules[type(image).__module__.partition(".")[0]]
    array = library.GetArrayViewFromImage(image)
    if image.GetNumberOfComponentsPerPixel() > 1:
        array = np.moveaxis(array, -1, 0)
    axes = min(image.GetDimension(), 3)
    sides = tuple(float(side) for side in image.GetSpacing()[:axes][::-1])
    shape = array.shape[-axes:]
    if axes == 2:  # of a picture only the size of its pixels is known, as in its file
        return GivenArray(array, 2, Geometry(shape, sides))
    count = image.GetDimension()
    towards = np.array(image.GetDirection(), float).reshape(count, count)[:3, :3].T[::-1] + 0.0
    directions = tuple(tuple(row) for row in towards.tolist())
    return GivenArray(array, 3, Geometry(shape, sides, tuple(image.GetOrigin()[:3]), directions))


def _nibabel_image(image: Any, name: str) -> GivenArray:
    """An image of nibabel, as its file would be read. Raises CaseError."""
    array = np.asanyarray(image.dataobj)
    if array.ndim == 5 and array.shape[3] == 1:
        array = array[:, :, :, 0]
    turned = array.transpose(*range(array.ndim)[::-1])
    axes = min(array.ndim, 3)
    if image.affine is None:
        return GivenArray(turned, axes)
    scale = 1.0
    if hasattr(image.header, "get_xyzt_units"):
        unit = image.header["xyzt_units"] & 7
        scale = MILLIMETRES.get(int(unit), 1.0)
    return _placed(turned, axes, np.array(image.affine, float), scale, name)


def _meta_tensor(tensor: Any, name: str) -> GivenArray:
    """A MetaTensor of MONAI: (channels, x, y, z), or without channels. Raises CaseError."""
    affine = np.array(host_array(tensor.affine, f"{name}.affine"), float)
    array = host_array(tensor, name)
    axes = _space_of(tensor, array)
    first = array.ndim - axes
    turned = array.transpose(*range(first), *range(first, array.ndim)[::-1])
    if first == 1 and turned.shape[0] == 1:
        turned = turned[0]
    if np.array_equal(affine, np.eye(4)) and (axes == 2 or "original_affine" not in tensor.meta):
        return GivenArray(turned, axes)  # what a tensor has that never knew of a grid
    space = str(getattr(tensor.meta.get("space"), "value", tensor.meta.get("space", "RAS")))
    if space.upper() == "LPS":
        affine = LPS_FROM_RAS @ affine
    return _placed(turned, axes, affine, 1.0, name)


def _space_of(tensor: Any, array: Any) -> int:
    """How many axes of a MetaTensor are of space; its first axis is that of channels."""
    known = tensor.meta.get("spatial_shape")
    if array.ndim == 3 and known is not None:
        return min(int(np.asarray(known).size), 3)
    return max(2, min(int(array.ndim) - 1, 3))


def _placed(array: Any, axes: int, affine: Any, scale: float, name: str) -> GivenArray:
    """An array with the grid of its affine; a picture has only the size of its pixels."""
    affine = affine.copy()
    affine[:3] *= scale
    shape = tuple(array.shape[-axes:])
    try:
        grid = geometry_of_affine(LPS_FROM_RAS @ affine, shape, name)
    except CaseError as problem:
        problem.where = name
        raise
    return GivenArray(array, axes, grid)
