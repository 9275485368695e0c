"""Write every structure as NIfTI with dcmrtstruct2nii: FOLDER OUT."""

import sys

import pydicom

pydicom.read_file = pydicom.dcmread  # which the program still calls by its old name
from dcmrtstruct2nii import dcmrtstruct2nii  # noqa: E402

folder, out = sys.argv[1:]
dcmrtstruct2nii(f"{folder}/RS.dcm", f"{folder}/ct", out, gzip=False,
                convert_original_dicom=False)  # fmt: skip
