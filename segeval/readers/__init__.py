"""One file per format. A reader is a module with `claims(path, head)` and `read(path, reading)`."""

# In the order in which they are asked; each is imported when it is its turn. Beside a reader stand
# the suffixes of its masks: files of a folder that end so are paired. The formats without any are
# found in other ways (`pairing`): DICOM by its content, tables and lists of instances by theirs.
READERS: dict[str, tuple[str, ...]] = {
    "nifti": (".nii.gz", ".nii"),
    "png": (".png", ".bmp", ".tif", ".tiff", ".gif"),
    "nrrd": (".seg.nrrd", ".nrrd", ".nhdr"),
    "mha": (".mha", ".mhd"),
    "mgz": (".mgz", ".mgh"),
    **dict.fromkeys(("dicom_seg", "rtstruct", "rois"), ()),
    **dict.fromkeys(("labelme", "geojson", "coco", "mask_list", "yolo"), ()),
    "npy": (".npy", ".npz"),
    "points": (),
}

# Endings of what may be a table of points, or list instances; the content decides.
POINT_TABLES = (".csv", ".tsv")
INSTANCE_LISTS = (".json", ".geojson", ".txt")
