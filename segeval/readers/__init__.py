"""One file per format. A reader is a module with `claims(path, head)` and `read(path, reading)`."""

# In the order in which they are asked; each is imported when it is its turn.
<<<<<<< HEAD
READERS = ("nifti", "nrrd", "dicom_seg", "png", "npy")
=======
READERS = ("nifti", "png", "nrrd", "npy")
>>>>>>> main
