"""DICOM objects made from a few numbers: image series, structure sets, segmentations.

They are written by pydicom, which the readers do not use, so each side checks the other.
"""

from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
LABELMAP = "1.2.840.10008.5.1.4.1.1.66.7"
AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)
FRAME, SERIES, STUDY = "1.2.3.1", "1.2.3.2", "1.2.3.3"


def item(**values):
    """A data set of these values, by keyword."""
    data = Dataset()
    for keyword, value in values.items():
        setattr(data, keyword, Sequence(value) if isinstance(value, list) and value
                and isinstance(value[0], Dataset) else value)  # fmt: skip
    return data


def save(path, data, kind, syntax=ExplicitVRLittleEndian):
    """Write a data set as a file of a SOP class."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    data.file_meta = meta
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def series(
    folder,
    shape=(10, 20, 20),
    spacing=(1.0, 1.0, 1.0),
    origin=(0.0, 0.0, 0.0),
    *,
    orientation=AXIAL,
    positions=None,
    uid=SERIES,
    frame=FRAME,
    patient="P1",
    pixels=False,
    first=0,
    modality="CT",
    syntax=ImplicitVRLittleEndian,
):
    """An image series, a file a slice, in an order that is not that of the slices.

    shape, spacing  z, y, x
    first           number of the first slice, by which their UIDs are told apart
    positions       mm of every slice along the normal from the origin; None: evenly spaced
    """
    normal = np.cross(orientation[:3], orientation[3:])
    positions = np.arange(shape[0]) * spacing[0] if positions is None else positions
    for number, at in enumerate(positions, first):
        corner = np.array(origin) + at * normal
        data = item(
            SOPInstanceUID=f"{uid}.{number + 1}",
            StudyInstanceUID=STUDY,
            SeriesInstanceUID=uid,
            Modality=modality,
            PatientID=patient,
            PatientName="Secret^Name",
            SliceThickness=9.0,  # wrong on purpose: it is not the distance of the slices
            ImagePositionPatient=[float(v) for v in np.round(corner, 8)],
            ImageOrientationPatient=[float(v) for v in orientation],
            PixelSpacing=[spacing[1], spacing[2]],
            Rows=shape[1],
            Columns=shape[2],
        )
        if frame:
            data.FrameOfReferenceUID = frame
        if pixels:
            data.update(grey(shape[1:]))
        save(folder / f"{number * 7919 % 10007:05d}.dcm", data, CT, syntax)
    return folder


def grey(shape):
    """The pixels of an empty slice."""
    return item(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=16,
        HighBit=15, PixelRepresentation=0, RescaleSlope=1, RescaleIntercept=0,
        PixelData=bytes(2 * shape[0] * shape[1]),
    )  # fmt: skip


@dataclass
class Ring:
    """A contour: its points in mm, or the text that stands for them."""

    points: object
    kind: str = "CLOSED_PLANAR"
    count: int | None = None
    images: tuple = ()


@dataclass
class Organ:
    """A structure. `form` is how one without contours is written: absent, bare or none."""

    name: str
    rings: list = field(default_factory=list)
    number: int = 0
    type: str = "ORGAN"
    algorithm: str = "MANUAL"
    form: str = "absent"


def square(low, high, z, to=None):
    """A square from `low` to `high` in x and y (or a rectangle), at a height."""
    top = high if to is None else to
    return Ring([(low, low, z), (high, low, z), (high, top, z), (low, top, z)])


def ring(points, z, **more):
    """A contour of points in x and y, at a height."""
    return Ring([(x, y, z) for x, y in points], **more)


def circle(centre, radius, z, points=400):
    """A circle as a polygon of the circle's own area."""
    angle = np.arange(points) * 2 * np.pi / points
    grown = radius * np.sqrt(2 * np.pi / points / np.sin(2 * np.pi / points))
    return ring(
        zip(centre[0] + grown * np.cos(angle), centre[1] + grown * np.sin(angle), strict=True), z
    )


def contour_item(one):
    """A contour as an item of the file."""
    data = item()
    if one.kind:
        data.ContourGeometricType = one.kind
    if one.images:
        data.ContourImageSequence = Sequence([item(ReferencedSOPInstanceUID=u) for u in one.images])
    if isinstance(one.points, str):
        data.NumberOfContourPoints = one.count or 4
        data.add_new(0x30060050, "OB", one.points.encode())  # as it is, whatever it says
        return data
    flat = np.array(one.points, float).reshape(-1)
    data.NumberOfContourPoints = len(flat) // 3 if one.count is None else one.count
    data.ContourData = [f"{v:.10g}"[:16] for v in flat]
    return data


def rtstruct(
    path,
    organs,
    *,
    frame=FRAME,
    uid=SERIES,
    images=(),
    shuffled=False,
    syntax=ImplicitVRLittleEndian,
    label="plan",
    patient="P1",
    more_series=(),
):
    """A structure set.

    frame, uid, images  what it says of its series; empty: nothing
    more_series         UIDs of other series that it names
    shuffled            the three sequences have three orders
    """
    for number, organ in enumerate(organs, 1):
        organ.number = organ.number or number
    drawn = [o for o in organs if o.rings or o.form != "absent"]
    observed = list(organs)
    if shuffled:
        drawn, observed = drawn[::-1], observed[1:] + observed[:1]
    data = item(
        SOPInstanceUID="1.2.3.9", StudyInstanceUID=STUDY, SeriesInstanceUID="1.2.3.8",
        Modality="RTSTRUCT", PatientID=patient, PatientName="Secret^Name", StructureSetLabel=label,
        StructureSetDate="20240102", ApprovalStatus="APPROVED", Manufacturer="Maker",
        SpecificCharacterSet="ISO_IR 192",
    )  # fmt: skip
    if frame or uid or images:
        data.ReferencedFrameOfReferenceSequence = Sequence(
            [reference(frame, uid, images, more_series)]
        )
    data.StructureSetROISequence = Sequence(
        [item(ROINumber=o.number, ROIName=o.name, ROIGenerationAlgorithm=o.algorithm,
              **({"ReferencedFrameOfReferenceUID": frame} if frame else {})) for o in organs]
    )  # fmt: skip
    data.ROIContourSequence = Sequence([drawn_item(o) for o in drawn])
    data.RTROIObservationsSequence = Sequence(
        [item(ObservationNumber=i, ReferencedROINumber=o.number, RTROIInterpretedType=o.type)
         for i, o in enumerate(observed)]
    )  # fmt: skip
    return save(path, data, RTSTRUCT, syntax)


def drawn_item(organ):
    """A structure's item in the sequence of contours."""
    data = item(ReferencedROINumber=organ.number)
    if organ.rings or organ.form == "none":
        data.ContourSequence = Sequence([contour_item(r) for r in organ.rings])
    return data


def reference(frame, uid, images, more_series=()):
    """What a structure set says of the series that it was drawn on."""
    data = item()
    if frame:
        data.FrameOfReferenceUID = frame
    if uid or images:
        inner = item(ContourImageSequence=[item(ReferencedSOPInstanceUID=u) for u in images])
        if uid:
            inner.SeriesInstanceUID = uid
        others = [item(SeriesInstanceUID=other) for other in more_series]
        series = item(RTReferencedSeriesSequence=[inner, *others])
        data.RTReferencedStudySequence = Sequence([series])
    return data


@dataclass
class Shot:
    """A frame of a segmentation: its pixels, its place, its segment."""

    pixels: object
    position: tuple | None
    segment: int = 1


def seg(
    path,
    shots,
    labels,
    *,
    type="BINARY",
    fraction="",
    most=255,
    spacing=(1.0, 1.0),
    gap=None,
    orientation=AXIAL,
    syntax=ExplicitVRLittleEndian,
    undefined=False,
    series="",
    types=(),
):
    """A segmentation. `labels` are the names of its segments, from 1 (from 0 in a label map).

    types  what each is: its category and type; () for one of its own
    """
    shape = np.shape(shots[0].pixels)
    bits = 1 if type == "BINARY" else 8
    data = item(
        SOPInstanceUID="1.2.3.7", StudyInstanceUID=STUDY, SeriesInstanceUID="1.2.3.6",
        Modality="SEG", PatientID="P1", FrameOfReferenceUID=FRAME, SegmentationType=type,
        Rows=shape[0], Columns=shape[1], NumberOfFrames=len(shots), BitsAllocated=bits,
        BitsStored=bits, HighBit=bits - 1, SamplesPerPixel=1, PixelRepresentation=0,
        PhotometricInterpretation="MONOCHROME2",
    )  # fmt: skip
    if series:
        data.ReferencedSeriesSequence = Sequence([item(SeriesInstanceUID=series)])
    if fraction:
        data.SegmentationFractionalType, data.MaximumFractionalValue = fraction, most
    first = 0 if type == "LABELMAP" else 1
    kinds = types or [("", f"meaning {i}") for i, _ in enumerate(labels, first)]
    data.SegmentSequence = Sequence(
        [item(SegmentNumber=i, SegmentLabel=name,
              SegmentedPropertyCategoryCodeSequence=[item(CodeMeaning=kind[0])],
              SegmentedPropertyTypeCodeSequence=[item(CodeMeaning=kind[1])])
         for i, (name, kind) in enumerate(zip(labels, kinds, strict=True), first)]
    )  # fmt: skip
    measures = item(SliceThickness=9.0, PixelSpacing=list(spacing))
    if gap:
        measures.SpacingBetweenSlices = gap
    data.SharedFunctionalGroupsSequence = Sequence(
        [item(PixelMeasuresSequence=[measures],
              PlaneOrientationSequence=[item(ImageOrientationPatient=list(orientation))])]
    )  # fmt: skip
    groups = [frame_item(shot, type) for shot in shots]
    data.PerFrameFunctionalGroupsSequence = Sequence(groups)
    if undefined:
        data["PerFrameFunctionalGroupsSequence"].is_undefined_length = True
        for group in groups:
            group.is_undefined_length_sequence_item = True
    data.PixelData = packed([shot.pixels for shot in shots], bits)
    if type == "LABELMAP":
        return save(path, data, LABELMAP, syntax)
    if syntax.is_encapsulated:
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.compress(syntax, generate_instance_uid=False)
    return save(path, data, SEG, syntax)


def frame_item(shot, type):
    """What a segmentation says of one frame."""
    data = item(FrameContentSequence=[item(DimensionIndexValues=[1, 1])])
    if shot.position is not None:
        where = item(ImagePositionPatient=[float(v) for v in shot.position])
        data.PlanePositionSequence = Sequence([where])
    if type != "LABELMAP":
        data.SegmentIdentificationSequence = Sequence([item(ReferencedSegmentNumber=shot.segment)])
    return data


def packed(frames, bits):
    """Pixels as bytes; one-bit pixels run on from frame to frame."""
    flat = np.concatenate([np.asarray(f, np.uint8).reshape(-1) for f in frames])
    raw = np.packbits(flat, bitorder="little") if bits == 1 else flat
    return raw.tobytes() + b"\0" * (raw.size % 2)
