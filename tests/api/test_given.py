"""Arrays and images of other libraries as a side of a case (CLI-Y1)."""

import sys

import numpy as np
import pytest

import segeval
from segeval.api.given import take_given
from segeval.runtime.errors import GeometryError, ReadError, RequestError

RNG = np.random.default_rng(11)
T = RNG.integers(0, 3, (6, 7, 8)).astype(np.uint8)
P = np.where(RNG.random(T.shape) < 0.1, 0, T).astype(np.uint8)
SIDES = (3.0, 1.0, 0.5)
METRICS = "dice,hd95,gt_volume"


def numbers(card):
    return [(r.class_, r.metric, r.value, r.unit, r.reason) for r in card.rows]


@pytest.fixture(scope="module")
def want():
    return numbers(segeval.score(P, T, METRICS, spacing=SIDES))


class WithDLPack:
    """An array of a library that has no more than the protocol of tensors."""

    def __init__(self, array):
        self._array = np.ascontiguousarray(array)

    def __dlpack__(self, **how):
        return self._array.__dlpack__(**how)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class WithArray:
    """An array of a library that converts itself, as JAX does."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._array, dtype)


class OfDevice:
    """An array on a GPU that is copied when it is asked to be, as of CuPy."""

    __cuda_array_interface__ = None

    def __init__(self, array):
        self._array = array

    def get(self):
        return self._array

    def __array__(self):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")


class WithGradient:
    """A tensor on a device, with a gradient and numbers that NumPy has no type for."""

    is_sparse = False

    def __init__(self, array, dtype="bfloat16", place="cuda"):
        self._array, self.dtype, self._place = array, dtype, place

    def detach(self):
        return WithGradient(self._array, self.dtype, f"{self._place} detached")

    def cpu(self):
        assert self._place.endswith("detached")
        return WithGradient(self._array, self.dtype, "cpu")

    def float(self):
        return WithGradient(self._array.astype(np.float32), "float32", self._place)

    def __array__(self, dtype=None, copy=None):
        if self.dtype == "bfloat16" or self._place != "cpu":
            raise TypeError("can't convert")
        return self._array


@pytest.mark.parametrize("kind", [WithDLPack, WithArray, OfDevice, WithGradient])
def test_an_array_of_another_library_is_what_it_holds(kind, want):
    assert numbers(segeval.score(kind(P), kind(T), METRICS, spacing=SIDES)) == want


def test_a_dlpack_array_is_not_copied():
    held = np.ascontiguousarray(T)
    assert np.shares_memory(take_given(WithDLPack(held), "gt").array, held)


def test_tensors_of_pytorch(want):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    pred, gt = torch.from_numpy(P), torch.from_numpy(T)
    assert numbers(segeval.score(pred, gt, METRICS, spacing=SIDES)) == want
    assert numbers(segeval.score(pred.long(), gt.int(), METRICS, spacing=SIDES)) == want
    scores = torch.nn.functional.one_hot(pred.long(), 3).permute(3, 0, 1, 2).float()
    scores = (scores * 20).requires_grad_().to(torch.bfloat16)
    card = segeval.score(scores, gt, METRICS, spacing=SIDES, kind="logits")
    assert [n[2] for n in numbers(card)] == [n[2] for n in want]


def itk(array, spacing=SIDES, origin=(3.0, 4.0, 5.0)):
    library = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    image = library.GetImageFromArray(array, isVector=array.ndim > len(spacing))
    image.SetSpacing(spacing[::-1])
    image.SetOrigin(origin[: len(spacing)])
    return image


def nii(array, spacing=SIDES):
    import nibabel

    x, y, z = spacing[::-1]
    return nibabel.Nifti1Image(array.T, np.array(  # RAS
        [[-x, 0, 0, -3], [0, -y, 0, -4], [0, 0, z, 5], [0, 0, 0, 1.0]]))  # fmt: skip


@pytest.mark.parametrize("image", [itk, nii])
def test_an_image_brings_its_geometry(image, want):
    assert numbers(segeval.score(image(P), image(T), METRICS)) == want
    assert numbers(segeval.score(P, image(T), METRICS)) == want  # LAYOUTS-G4: one side tells
    assert numbers(segeval.score(image(P), T, METRICS)) == want


def test_images_of_two_libraries_lie_at_one_place(want):
    assert numbers(segeval.score(nii(P), itk(T), METRICS)) == want


def test_images_at_two_places_are_refused():
    with pytest.raises(GeometryError) as caught:
        segeval.score(itk(P, origin=(0.0, 0.0, 0.0)), itk(T), METRICS)
    assert "corner shift 7.071 mm" in caught.value.facts


def test_an_image_in_another_order_of_axes(want):
    import nibabel

    turned = nii(P).as_reoriented(nibabel.orientations.axcodes2ornt("PSL", ["RL", "AP", "IS"]))
    assert turned.shape != nii(P).shape
    assert numbers(segeval.score(turned, nii(T), METRICS)) == want


def test_an_image_is_read_as_its_file(tmp_path):
    import nibabel

    for name, array in (("p", P), ("t", T)):
        image = nii(array)
        image.header.set_xyzt_units("micron")
        nibabel.save(image, tmp_path / f"{name}.nii.gz")
    pair = tmp_path / "p.nii.gz", tmp_path / "t.nii.gz"
    files = segeval.score(*pair, METRICS)
    images = segeval.score(*map(nibabel.load, pair), METRICS)
    assert numbers(images) == numbers(files)
    assert images.signature == files.signature


def test_channels_of_images_are_scores():
    scores = np.stack([P == 0, P == 1, P == 2]).astype(np.float32)
    want = numbers(segeval.score(scores, T, METRICS, spacing=SIDES))
    vector = np.moveaxis(scores, 0, -1)
    assert numbers(segeval.score(itk(vector), itk(T), METRICS)) == want
    assert numbers(segeval.score(nii(scores), nii(T), METRICS)) == want


class MetaTensor:
    """What MONAI has: (channels, x, y, z) with an affine to RAS."""

    def __init__(self, array, affine, **meta):
        self._array, self.affine, self.meta = array, affine, meta

    def __array__(self, dtype=None, copy=None):
        return self._array


def test_a_meta_tensor_is_the_image_of_its_file(want):
    def made(array):
        image = nii(array)
        return MetaTensor(np.asarray(image.dataobj)[None], image.affine, space="RAS")

    assert numbers(segeval.score(made(P), made(T), METRICS)) == want
    assert numbers(segeval.score(made(P), nii(T), METRICS)) == want


def test_a_meta_tensor_that_knows_of_no_grid_has_none():
    def made(array):
        return MetaTensor(array.T[None], np.eye(4), space="RAS")

    card = segeval.score(made(P), made(T), "gt_volume")
    assert {r.unit for r in card.rows} == {"voxels"}


def test_a_meta_tensor_of_a_picture():
    def made(array):
        return MetaTensor(array.T[None], np.eye(4), spatial_shape=array.T.shape)

    assert numbers(segeval.score(made(P[0]), made(T[0]), METRICS)) == numbers(
        segeval.score(P[0], T[0], METRICS)
    )


def test_a_masked_array_is_refused_where_it_masks_something(want):
    with pytest.raises(RequestError) as caught:
        segeval.score(P, np.ma.masked_equal(T, 2), METRICS)
    assert f"{(T == 2).sum()} of its elements are masked" in caught.value.message
    assert "ignore_label=255" in caught.value.help
    assert numbers(segeval.score(P, np.ma.array(T), METRICS, spacing=SIDES)) == want
    filled = np.ma.masked_array(T, RNG.random(T.shape) < 0.3).filled(255)  # as the help says
    card = segeval.score(P, filled, "gt_volume", ignore_label=255)
    assert [r.value for r in card.rows] == [(filled == 1).sum(), (filled == 2).sum()]


class Broken(WithArray):
    """An array that is read late, and cannot be."""

    def __array__(self, dtype=None, copy=None):
        raise OSError("the file behind it is gone")


class Colours(WithArray):
    """A picture of Pillow."""

    mode = "RGB"

    def getbands(self):
        return tuple(self.mode)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "needed"),
        ({1: 2}, "pred is dict"),
        (object(), "pred holds object"),
        ([[1, 2], [3]], "cannot be read as an array"),
        (T.astype(complex), "pred holds complex128"),
        (T.astype("datetime64[s]"), "pred holds datetime64"),
        (np.zeros((0, 7, 8)), "pred is empty"),
        (3, "pred has 0 axes and gt 3"),
        (Colours(T), "colours (mode RGB)"),
        (Broken(T), "cannot be read as an array (the file behind it is gone)"),
    ],
)
def test_what_is_no_array_is_refused(wrong, said):
    with pytest.raises(RequestError) as caught:
        segeval.score(wrong, T, "dice")
    assert said in caught.value.message


def test_an_image_without_a_grid_is_refused():
    flat = MetaTensor(T.T[None], np.diag([0.0, 1, 1, 1]))
    with pytest.raises(ReadError) as caught:
        segeval.score(P, flat, "dice")
    assert "voxels without size" in caught.value.message
    assert caught.value.where == "gt"


def test_the_axis_of_one_channel_is_named():
    with pytest.raises(RequestError) as caught:
        segeval.score(P[None], T[None], "dice")
    assert caught.value.help.startswith("gt[0] leaves out")


def test_no_library_is_imported_for_an_array():
    before = set(sys.modules)
    segeval.score(WithDLPack(P), WithArray(T), "dice")
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert new & {"torch", "SimpleITK", "nibabel", "monai", "jax", "cupy"} == set()
