"""DICOM files: their elements, what they are, how they are coded."""
