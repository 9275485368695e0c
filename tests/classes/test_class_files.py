"""Class lists from the files in which tools keep them (CLI-U7, U11)."""

import gzip
import json

import nibabel
import numpy as np
import pytest

from segeval.classes import class_files
from segeval.classes.class_files import read_class_file
from segeval.classes.parse_classes import parse_classes
from segeval.runtime.errors import RequestError

XML = (
    '<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation Index="0">'
    '<LabelTable><Label Key="1" Red="1" Green="0" Blue="0" Alpha="1"><![CDATA[liver]]></Label>'
    '<Label Key="4" Red="0" Green="1" Blue="0" Alpha="1">spleen &amp; co</Label></LabelTable>'
    "</VolumeInformation></CaretExtension>"
)
FILES = {  # name of the file -> its text, what it lists, what is left out
    "dataset.json": ('{"labels": {"background": 0, "liver": 1, "spleen": 4}}', None),
    "msd.json": ('{"labels": {"0": "background", "1": "liver", "4": "spleen"}}', None),
    "ignored.json": ('{"labels": {"background": 0, "liver": 1, "spleen": 4, "ignore": 9}}', 9),
    "config.json": ('{"id2label": {"1": "liver", "4": "spleen"}, "model_type": "x"}', None),
    "inverse.json": ('{"label2id": {"liver": 1, "spleen": 4}, "model_type": "x"}', None),
    "instances.json": (
        '{"images": [], "categories": [{"id": 1, "name": "liver", "supercategory": "x"},'
        '{"id": 4, "name": "spleen"}]}',
        None,
    ),
    "metadata.json": (
        '{"network_data_format": {"outputs": {"pred": {"channel_def":'
        '{"0": "background", "1": "liver", "4": "spleen"}}}}}',
        None,
    ),
    "list.json": ('[{"name": "liver", "value": 1}, {"label": "spleen", "trainId": 4}]', None),
    "mark.json": ('\ufeff{"liver": 1, "spleen": 4}', None),
    "_classes.csv": ("Pixel Value, Class\n0, background\n1, liver\n4, spleen\n", None),
    "semicolon.csv": ("index;name;color\n1;liver;#ff0000\n4;spleen;#00ff00\n", None),
    "slicer.csv": (
        "LabelValue,Name,Color_R,Color_G,Color_B,Color_A\n0,background,0,0,0,0\n"
        "1,liver,221,130,101,255\n4,spleen,157,108,162,255\n",
        None,
    ),
    "void.csv": ("value,name\n1,liver\n4,spleen\n255,void\n", 255),
    "dseg.tsv": ("index\tname\tabbreviation\tcolor\n1\tliver\tL\t#f00\n4\tspleen\tS\t#0f0\n", None),
    "itksnap.txt": (
        "################\n# ITK-SnAP Label Description File\n################\n"
        '    0     0    0    0        0  0  0    "Clear Label"\n'
        '    1   255    0    0        1  1  1    "liver"\n'
        '    4     0    0  255        1  1  1    "spleen"\n',
        None,
    ),
    "itksnap.label": ('1 255 0 0 1 1 1 "liver"\n4 0 0 255 1 1 1 "spleen"\n', None),
    "FreeSurferColorLUT.txt": (
        "#No. Label Name:                            R   G   B   A\n\n"
        "0   Unknown                                 0   0   0   0\n"
        "1   liver                                   70  130 180 0\n"
        "4   spleen                                  245 245 245 0\n",
        None,
    ),
    "slicer.ctbl": (
        "# Color table file\n1 liver 221 130 101 255\n4 spleen 157 108 162 255\n",
        None,
    ),
    "atlas.lut": ("1 liver 221 130 101 255\n4 spleen 157 108 162 255\n", None),
    "labels.txt": ("0: unlabeled\n1: liver\n4: spleen\n", None),
}


def listed(path):
    classes = parse_classes(str(path))
    return {c.name: c.labels for c in classes.classes}, classes.ignore


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_labels(tmp_path, name):
    text, ignored = FILES[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert listed(tmp_path / name) == ({"liver": (1,), "spleen": (4,)}, ignored)


def test_the_labelmap_of_cvat_counts_its_lines(tmp_path):
    path = tmp_path / "labelmap.txt"
    path.write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:128,64,128::\n")
    classes = parse_classes(str(path))
    assert [(c.name, c.labels, c.colour) for c in classes.classes] == [
        ("road", (1,), (128, 64, 128))
    ]


def test_the_labels_of_labelme_count_from_minus_one(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("__ignore__\n_background_\naeroplane\ntv monitor\n")
    assert listed(path) == ({"aeroplane": (1,), "tv monitor": (2,)}, None)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("text", [XML, XML + " " * 1000])
def test_the_label_table_of_a_nifti_file(tmp_path, suffix, kind, text):
    image = kind(np.zeros((2, 3, 4), np.uint8), np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, text.encode()))
    nibabel.save(image, tmp_path / f"a{suffix}")
    assert listed(tmp_path / f"a{suffix}") == ({"liver": (1,), "spleen & co": (4,)}, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.nii", None),
        ("cut.nii.gz", gzip.compress(b"x" * 400)[:30]),
        ("names.txt", b"liver\nspleen\n"),
        ("image.png", b"\x89PNG\r\n\x1a\n"),
        ("empty.csv", b""),
        ("empty.json", b"{}"),
        ("list.json", b'[{"name": "liver"}]'),
        ("names.json", b'{"labels": ["liver"]}'),
        ("deep.json", b"[" * 100_000),
        ("number.json", b"3"),
        ("half.json", json.dumps({"labels": {"liver": 1.5}}).encode()),
        ("latin.txt", b"1: Tum\xf6r\n"),
    ],
)
def test_what_lists_no_classes(tmp_path, name, content):
    path = tmp_path / name
    if content is None:
        nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), path)
    else:
        path.write_bytes(content)
    with pytest.raises(RequestError) as caught:
        parse_classes(str(path))
    assert str(path) in caught.value.where


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("zero.json", '{"id2label": {"0": "road", "1": "sky"}}'),
        ("zero.csv", "value,name\n0,road\n1,sky\n"),
        ("zero.txt", "0: road\n1: sky\n"),
    ],
)
def test_a_label_0_that_is_no_background_is_a_class(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert listed(tmp_path / name)[0] == {"road": (0,), "sky": (1,)}


@pytest.mark.parametrize(("name", "start", "line"), [
    ("c.txt", "", "{}=c{}\n"), ("c.csv", "label,name\n", "{},c{}\n"),
])  # fmt: skip
def test_a_list_without_end_is_refused(tmp_path, monkeypatch, name, start, line):
    monkeypatch.setattr(class_files, "MOST_CLASSES", 30)
    path = tmp_path / name
    path.write_text(start + "".join(line.format(k, k) for k in range(1, 31)))
    assert len(read_class_file(path).classes) == 30
    path.write_text(start + "".join(line.format(k, k) for k in range(1, 32)))
    with pytest.raises(RequestError, match="at most 30 classes"):
        read_class_file(path)
