"""One file per format. A reader is a module with `claims(path, head)` and `read(path, reading)`."""

# In the order in which they are asked; each is imported when it is its turn.
READERS = (
    *("nifti", "png", "nrrd", "mha", "mgz", "dicom_seg", "rtstruct", "rois"),
    *("labelme", "geojson", "coco", "mask_list", "yolo", "npy", "points"),
)
