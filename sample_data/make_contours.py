"""Make contours/: a small CT of nobody, and two structure sets drawn on it.

    python sample_data/make_contours.py [FOLDER [N]]  the folder of this script, or another one; and
                                                      of N patients in place of one: PAT02, …

    contours/gt/PAT01/CT/*.dcm, RS.dcm     18 slices through a chest, and its organs
    contours/pred/PAT01/RS.dcm             the same organs as a network might draw them, under
                                           names that nobody agreed on

The files are written by pydicom; nothing here knows segeval. The same seed gives the same bytes
with the same version of pydicom.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

SEED = 20240312
SIZE, SLICES = 64, 18
PIXEL, GAP = 4.5, 5.0  # mm
CORNER = (-141.75, -141.75, -42.5)  # LPS mm of the centre of the first pixel
ROOT = "2.25.20240312"  # of all UIDs, with two digits of the patient
CT, RTSTRUCT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.3"

# Centre and half axes in mm, x to the patient's left and y to the back; Hounsfield units, type.
ORGANS = {
    "External": ((0, 0, 0), (130, 95, 400), 30, "EXTERNAL"),
    "Lung_L": ((58, -4, 2), (44, 62, 46), -800, "ORGAN"),
    "Lung_R": ((-60, -4, 2), (46, 62, 46), -800, "ORGAN"),
    "Heart": ((16, -26, -14), (46, 38, 26), 45, "ORGAN"),
    "Esophagus": ((4, 26, 0), (8, 7, 400), 20, "ORGAN"),
    "SpinalCord": ((0, 58, 0), (7, 6, 400), 60, "ORGAN"),
}
# What the network calls them, and how far in mm the border strays.
FOUND = {
    "Lung_L": ("lung left", 1.5),
    "Lung_R": ("LUNG RT", 1.5),
    "Heart": ("heart", 4.0),
    "Esophagus": ("Oesophagus", 1.5),
    "SpinalCord": ("Spinal Cord", 0.7),
}


def main() -> None:
    """Write everything into the folder that is named, or beside this script."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent) / "contours"
    for patient in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        write_patient(folder, patient)


def write_patient(folder: Path, patient: int) -> None:
    """Write the CT of one patient, counted from 0, and both structure sets."""
    rng, name = np.random.default_rng(SEED + patient), f"PAT{patient + 1:02d}"
    root = f"{ROOT}{patient:02d}"
    for number in range(SLICES):
        write_slice(folder / "gt" / name / "CT" / f"{number + 1:02d}.dcm", root, number)
    truth = {organ: (organ, rings(organ, wobble(rng, 0.0))) for organ in ORGANS}
    found = {
        organ: (called, rings(organ, wobble(rng, stray)))
        for organ, (called, stray) in FOUND.items()
    }
    write_structures(folder / "gt" / name / "RS.dcm", root, truth, ("clinical", "MANUAL", 4))
    write_structures(folder / "pred" / name / "RS.dcm", root, found, ("network", "AUTOMATIC", 5))


# -- shapes -------------------------------------------------------------------------------------


def half_axes(name: str, z: float) -> tuple[float, float]:
    """The half axes of an organ's ellipse at a height; 0 above and below it."""
    (_, _, middle), (a, b, c), _, _ = ORGANS[name]
    share = np.sqrt(max(0.0, 1 - ((z - middle) / c) ** 2))
    return a * share, b * share


def wobble(rng: np.random.Generator, stray: float) -> np.ndarray:
    """How far a border strays in mm: by wave around the organ, amplitude and phase."""
    waves = np.arange(1, 5)
    return np.stack([waves, rng.normal(size=4) * stray / waves, rng.uniform(0, 2 * np.pi, 4)])


def rings(name: str, strays: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The contours of an organ: the slice, and points of its outline some 9 mm apart."""
    (x, y, _), *_ = ORGANS[name]
    for number in range(SLICES):
        z = CORNER[2] + number * GAP
        a, b = half_axes(name, z)
        # Organs end before the image does, as in a scan that is planned for them.
        if min(a, b) < 2 or (name != "External" and number in (0, SLICES - 1)):
            continue
        angle = np.linspace(0, 2 * np.pi, max(12, round((a + b) / 3)), endpoint=False)
        wave, size, phase = strays[:, :, None]
        away = (size * np.cos(wave * angle + phase + z / 30)).sum(axis=0)
        points = [x + (a + away) * np.cos(angle), y + (b + away) * np.sin(angle)]
        yield number, np.column_stack([*points, np.full(len(angle), z)])


def hounsfield(number: int) -> np.ndarray:
    """The pixels of a slice: air, and every organ over what lies under it."""
    z = CORNER[2] + number * GAP
    at = CORNER[0] + PIXEL * np.arange(SIZE)
    image = np.full((SIZE, SIZE), -1000, np.int16)
    for name, ((x, y, _), _, value, _) in ORGANS.items():
        a, b = half_axes(name, z)
        if min(a, b) > 0:
            image[((at - x) / a) ** 2 + ((at[:, None] - y) / b) ** 2 < 1] = value
    return image


# -- files --------------------------------------------------------------------------------------


def item(**values: object) -> Dataset:
    """A data set of these values, by keyword."""
    data = Dataset()
    for keyword, value in values.items():
        setattr(data, keyword, value)
    return data


def common(kind: str, root: str, uid: str, series: str, modality: str) -> Dataset:
    """What every object says: of whom (nobody), of which study and series."""
    data = item(
        SpecificCharacterSet="ISO_IR 192", SOPClassUID=kind, SOPInstanceUID=f"{root}{uid}",
        StudyDate="20240312", Modality=modality, Manufacturer="segeval sample",
        PatientName="Nobody", PatientBirthDate="", PatientSex="",
        PatientID=f"NOBODY{root[-2:].lstrip('0')}",
        StudyInstanceUID=f"{root}1", SeriesInstanceUID=f"{root}{series}",
        StudyID="1", SeriesNumber="1", FrameOfReferenceUID=f"{root}3",
    )  # fmt: skip
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = kind
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return data


def save(path: Path, data: Dataset) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)


def write_slice(path: Path, root: str, number: int) -> None:
    """Write one slice of the CT."""
    data = common(CT, root, f"9.{number + 1}", "2", "CT")
    data.InstanceNumber = number + 1
    data.ImagePositionPatient = [*CORNER[:2], CORNER[2] + number * GAP]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.PixelSpacing, data.SliceThickness = [PIXEL, PIXEL], GAP
    data.Rows = data.Columns = SIZE
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleIntercept, data.RescaleSlope = 0, 1
    data.PixelData = hounsfield(number).tobytes()
    data.compress(RLELossless, generate_instance_uid=False)
    save(path, data)


def write_structures(
    path: Path, root: str, organs: dict[str, tuple[str, object]], by: tuple[str, str, int]
) -> None:
    """Write a structure set of these organs, each with what it is called and its contours."""
    label, how, last = by
    data = common(RTSTRUCT, root, f"{last}.1", f"{last}", "RTSTRUCT")
    data.StructureSetLabel, data.StructureSetDate = label, "20240312"
    data.ApprovalStatus = "APPROVED" if label == "clinical" else "UNAPPROVED"
    images = [item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{root}9.{n + 1}")
              for n in range(SLICES)]  # fmt: skip
    series = item(SeriesInstanceUID=f"{root}2", ContourImageSequence=Sequence(images))
    study = item(ReferencedSOPInstanceUID=f"{root}1", RTReferencedSeriesSequence=Sequence([series]))
    frame = item(FrameOfReferenceUID=f"{root}3", RTReferencedStudySequence=Sequence([study]))
    data.ReferencedFrameOfReferenceSequence = Sequence([frame])
    rois, contours, observations = [], [], []
    for number, (name, (called, outlines)) in enumerate(organs.items(), 1):
        rois.append(item(ROINumber=number, ROIName=called, ROIGenerationAlgorithm=how,
                         ReferencedFrameOfReferenceUID=f"{root}3"))  # fmt: skip
        drawn = Sequence([contour(points) for _, points in outlines])
        contours.append(item(ReferencedROINumber=number, ContourSequence=drawn))
        kind = ORGANS[name][3]
        observations.append(item(ObservationNumber=number, ReferencedROINumber=number,
                                 RTROIInterpretedType=kind, ROIInterpreter=""))  # fmt: skip
    data.StructureSetROISequence = Sequence(rois)
    data.ROIContourSequence = Sequence(contours)
    data.RTROIObservationsSequence = Sequence(observations)
    save(path, data)


def contour(points: np.ndarray) -> Dataset:
    """One closed contour."""
    numbers = [f"{value:.2f}" for value in points.ravel()]
    return item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(points),
                ContourData=numbers)  # fmt: skip


if __name__ == "__main__":
    main()
