"""The boxes as DICOM objects: an image series, a structure set drawn on it, a segmentation.

They are written by pydicom, which the readers do not use, so each checks the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segeval.selftest.shapes import BOXES, NUMBERS, SHAPE, SPACING, box_labels

CT = "1.2.840.10008.5.1.4.1.1.2"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
FRAME, SERIES, STUDY = "1.2.826.0.1.1", "1.2.826.0.1.2", "1.2.826.0.1.3"
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def data_set(**values: Any) -> Any:
    """A data set of these values, by keyword; lists of data sets are sequences."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    data = Dataset()
    for keyword, value in values.items():
        items = isinstance(value, list) and value and isinstance(value[0], Dataset)
        setattr(data, keyword, Sequence(value) if items else value)
    return data


def save_object(path: Path, data: Any, kind: str, number: int) -> None:
    """Write a data set as a file of a SOP class."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID = UID(kind)
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = UID(f"{SERIES}.{number}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.PatientID, data.StudyInstanceUID = "SELFTEST", STUDY
    data.file_meta = meta
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)


def write_series(folder: Path) -> None:
    """The slices that the contours were drawn on; their pixels are never asked for."""
    for plane in range(SHAPE[0]):
        data = data_set(
            SeriesInstanceUID=SERIES,
            Modality="CT",
            FrameOfReferenceUID=FRAME,
            ImagePositionPatient=[0.0, 0.0, plane * SPACING[0]],
            ImageOrientationPatient=AXIAL,
            PixelSpacing=[SPACING[1], SPACING[2]],
            Rows=SHAPE[1],
            Columns=SHAPE[2],
        )
        save_object(folder / f"CT{plane:03}.dcm", data, CT, plane + 1)


def write_structure_set(path: Path, side: str) -> None:
    """The boxes as contours whose edges lie halfway between the centres of voxels."""
    contours = []
    for name, ((first, last), *sides) in BOXES[side].items():
        (top, bottom), (left, right) = (
            [(end - 0.5) * step for end in ends]
            for ends, step in zip(sides, SPACING[1:], strict=True)
        )
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        rings = [
            data_set(
                ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=len(corners),
                ContourData=[v for x, y in corners for v in (x, y, plane * SPACING[0])],
            )
            for plane in range(first, last)
        ]
        contours.append(data_set(ReferencedROINumber=NUMBERS[name], ContourSequence=rings))
    inside = data_set(SeriesInstanceUID=SERIES)
    study = data_set(RTReferencedSeriesSequence=[inside])
    frame = data_set(FrameOfReferenceUID=FRAME, RTReferencedStudySequence=[study])
    data = data_set(
        SeriesInstanceUID=f"{SERIES}.8",
        Modality="RTSTRUCT",
        StructureSetLabel="selftest",
        ReferencedFrameOfReferenceSequence=[frame],
        StructureSetROISequence=[
            data_set(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID=FRAME)
            for name, n in NUMBERS.items()
        ],
        ROIContourSequence=contours,
        RTROIObservationsSequence=[
            data_set(ObservationNumber=n, ReferencedROINumber=n, RTROIInterpretedType="ORGAN")
            for n in NUMBERS.values()
        ],
    )
    save_object(path, data, RTSTRUCT, 1000 + (side == "pred"))


def write_segmentation(path: Path, side: str) -> None:
    """The boxes as a binary segmentation, a frame a slice and segment."""
    labels = box_labels(side)
    frames, groups = [], []
    for number in NUMBERS.values():
        for plane in np.flatnonzero((labels == number).any(axis=(1, 2))).tolist():
            frames.append(labels[plane] == number)
            position = data_set(ImagePositionPatient=[0.0, 0.0, plane * SPACING[0]])
            segment = data_set(ReferencedSegmentNumber=number)
            groups.append(
                data_set(PlanePositionSequence=[position], SegmentIdentificationSequence=[segment])
            )
    raw = np.packbits(np.stack(frames).ravel(), bitorder="little").tobytes()
    measures = data_set(
        PixelSpacing=[SPACING[1], SPACING[2]],
        SliceThickness=SPACING[0],
        SpacingBetweenSlices=SPACING[0],
    )
    shared = data_set(
        PixelMeasuresSequence=[measures],
        PlaneOrientationSequence=[data_set(ImageOrientationPatient=AXIAL)],
    )
    data = data_set(
        SeriesInstanceUID=f"{SERIES}.7",
        Modality="SEG",
        FrameOfReferenceUID=FRAME,
        SegmentationType="BINARY",
        Rows=SHAPE[1],
        Columns=SHAPE[2],
        NumberOfFrames=len(frames),
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        SamplesPerPixel=1,
        PixelRepresentation=0,
        PhotometricInterpretation="MONOCHROME2",
        SegmentSequence=[
            data_set(SegmentNumber=n, SegmentLabel=name) for name, n in NUMBERS.items()
        ],
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=groups,
        PixelData=raw + b"\0" * (len(raw) % 2),
    )
    save_object(path, data, SEG, 2000 + (side == "pred"))
