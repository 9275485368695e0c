#!/usr/bin/env bash
# Install the programs that the benchmarks are measured against, into an environment of their own:
#   bash benchmarks/peers.sh
# Where one cannot be installed or imported, the others are, and its lines are left out of the tables.
set -uo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3.11}"
[ -x .peers/bin/python ] || "$python" -m venv .peers || exit 1
for package in SimpleITK torch torchmetrics monai nnunetv2 dcmrtstruct2nii \
    exacta==0.0.1a5 mikan-rs==0.1.4 surface-distance-based-measures==0.1 pymeshmetrics==1.4.1 panoptica stardist pycocotools scikit-image nibabel; do
  .peers/bin/pip install -q "$package" || echo "not installed: $package" >&2
done
command -v plastimatch > /dev/null || echo "not installed: plastimatch (on Debian: apt-get install plastimatch)" >&2
.peers/bin/pip list 2>/dev/null | grep -iE '^(numpy|simpleitk|torch|torchmetrics|monai|nnunetv2|dcmrtstruct2nii|surface-distance-based-measures|pymeshmetrics|exacta|mikan-rs|pycocotools|scikit-image) '
