"""Files of one format that are damaged, cut off, or hold what cannot be scored."""

import gzip
import io
import json
import struct
import zipfile

import build
import numpy as np
from advice.driver import Situation, Way, add, drop, mend, put
from advice.files import both, nothing, organ, pair
from PIL import Image
from regions_build import annotation, coco, rois

from segeval.runtime.memory_budget import PROGRAM_BYTES

MASK = organ(1).astype(np.uint8)
FLAT = MASK[0]
CUT = "copy or write it again"


def bad(
    name, suffix, write, damage, said, good=None, array=MASK, options="-m dice", also=(), ways=None
):
    """A pair of which the ground truth is damaged, and written again."""

    def whole(here):
        for side in "pg":
            write(here / f"{side}{suffix}", array)

    def broken(here):
        whole(here)
        damage(here / f"g{suffix}")

    ways = ways or (mend(said, good or whole),)
    return Situation(name, broken, f"score p{suffix} g{suffix} {options}", ways, also=also)


def cut(size):
    """Cuts a file to so many bytes."""
    return lambda path: path.write_bytes(path.read_bytes()[:size])


def longer(path):
    """Appends bytes."""
    path.write_bytes(path.read_bytes() + b"\0" * 16)


def poke(at, content):
    """Changes bytes in place; of a packed file, before it is packed."""

    def change(path):
        packed = path.suffix in (".gz", ".mgz")
        raw = bytearray((gzip.decompress if packed else bytes)(path.read_bytes()))
        raw[at : at + len(content)] = content
        path.write_bytes((gzip.compress if packed else bytes)(raw))

    return change


def replaced(old, new):
    """Replaces bytes."""
    return lambda path: path.write_bytes(path.read_bytes().replace(old, new, 1))


def with_content(content):
    """Other bytes in place of the file."""
    return lambda path: path.write_bytes(content)


def flipped(path):
    """Changes a byte in the middle of what is packed."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    path.write_bytes(raw)


def nifti(name, damage, said, suffix=".nii", **named):
    return bad(f"NIfTI: {name}", suffix, build.nifti, damage, said, **named)


def numpy(name, damage, said=CUT, **named):
    return bad(f"NumPy: {name}", ".npy", build.npy, damage, said, **named)


def archive(path, array):
    build.npz(path, array, "arr_0")


def nrrd(name, damage, said=CUT, encoding="raw", **named):
    return bad(
        f"NRRD: {name}",
        ".nrrd",
        lambda p, a: build.nrrd_file(p, a, encoding=encoding),
        damage,
        said,
        **named,
    )


HEADER = "ObjectType = Image\nNDims = 3\nDimSize = 8 8 6\nElementSpacing = 1 1 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"


def mha(path, array):
    path.write_bytes(HEADER.encode() + array.tobytes())


def mgh(path, array):
    head = struct.pack(">iiiiiiih", 1, *array.shape[::-1], 1, 0, 0, 1)
    head += struct.pack(">15f", 1, 1, 2, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0)
    path.write_bytes(head + bytes(284 - len(head)) + array.tobytes())


def saved(image, **how):
    """Another picture in place of the file."""

    def save(path):
        image().save(path, **how)

    return save


def picture(name, damage, said, suffix=".png", **named):
    write = named.pop("write", lambda p, a: Image.fromarray(a).save(p))
    return bad(f"picture: {name}", suffix, write, damage, said, array=FLAT, **named)


def tiff(name, damage, said, **named):
    return picture(f"TIFF, {name}", damage, said, ".tif", **named)


def pages(path):
    Image.fromarray(FLAT).save(path, save_all=True, append_images=[Image.fromarray(FLAT)])


def two_pages(here):
    pages(here / "p.tif")
    pages(here / "g.tif")


def volumes(here):
    for side in "pg":
        build.nrrd_file(here / f"{side}.nrrd", np.stack([FLAT, FLAT]))


def tag(path, number, kind, value):
    """Writes another value into a tag of a TIFF."""
    raw = bytearray(path.read_bytes())
    at = struct.unpack_from("<I", raw, 4)[0]
    for entry in range(struct.unpack_from("<H", raw, at)[0]):
        place = at + 2 + 12 * entry
        if struct.unpack_from("<H", raw, place)[0] == number:
            struct.pack_into("<HHII", raw, place, number, kind, 1, value)
    path.write_bytes(raw)


def boxes(**arrays):
    """RoIs as the prediction, and a picture as the ground truth."""

    def make(here):
        labels = arrays.pop("labels", [1, 2])
        rois(here / "p.npz", [[0, 0, 4, 4], [2, 2, 6, 6]], labels, **arrays)
        build.png(here / "g.png", FLAT)
        arrays["labels"] = labels

    return make


def regions(name, ways, options="", status=3, also=(), **arrays):
    return Situation(
        f"RoIs: {name}",
        boxes(**arrays),
        f"score p.npz g.png -m dice --classes 1=a,2=b {options}",
        ways,
        status,
        also,
    )


fine = boxes(scores=np.array([0.9, 0.8]))
SHAPE = (8, 8)
SQUARE = annotation(1, 1, 1, [[1, 1, 5, 1, 5, 5, 1, 5]])


def instances(change=None, side="g"):
    """COCO files p.json (detections) and g.json (instances); one is changed."""

    def make(here):
        coco(here / "g.json", SHAPE, [SQUARE])
        (here / "p.json").write_text(json.dumps([{**SQUARE, "score": 0.9}]))
        if change:
            path = here / f"{side}.json"
            path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return make


def annotated(**entry):
    """The first annotation with other entries."""

    def change(content):
        marks = content["annotations"] if isinstance(content, dict) else content
        marks[0] = {**marks[0], **entry}
        return content

    return change


def panoptic(here, mode="RGB", listed=True, png="000.png", twice=False):
    """Panoptic files: p.json with p/000.png, g.json with g/000.png."""
    for side in "pg":
        ids = np.zeros((8, 8, 3), np.uint8)
        ids[1:5, 1:5, 0] = 7
        folder = here / side
        folder.mkdir(exist_ok=True)
        picture = Image.fromarray(ids)
        broken = side == "p"
        (picture.convert(mode) if broken else picture).save(folder / "000.png")
        segment = {"id": 7 if listed or not broken else 8, "category_id": 1, "iscrowd": 0}
        mark = {
            "image_id": 1,
            "file_name": png if broken else "000.png",
            "segments_info": [segment],
        }
        content = {
            "images": [{"id": 1, "file_name": "000.jpg", "height": 8, "width": 8}],
            "annotations": [mark] * (2 if twice and broken else 1),
            "categories": [{"id": 1, "name": "car", "isthing": 1}],
        }
        (here / f"{side}.json").write_text(json.dumps(content))


def segments(name, said, **wrong):
    return Situation(
        f"panoptic: {name}",
        lambda here: panoptic(here, **wrong),
        "score p.json g.json -m iou",
        (mend(said, panoptic),),
        3,
    )


def without_images(here):
    """Polygons whose images are on neither side."""
    polygons()(here)
    for path in here.rglob("*.png"):
        path.unlink()


def polygons(**files):
    """YOLO files with the image beside."""

    def make(here):
        for side in ("pred", "gt"):
            (here / side).mkdir(exist_ok=True)
            (here / side / "a.txt").write_text("0 0.1 0.1 0.6 0.1 0.6 0.6\n")
            Image.fromarray(FLAT).save(here / side / "a.png")
        for name, content in files.items():
            path = here / "gt" / name.replace("_", ".")
            path.unlink() if content is None else path.write_text(content)

    return make


def listed(name, lines, said, **pictures):
    """A list of masks, of which one line or picture is wrong."""

    def write(text, **pictures):
        def make(here):
            instances()(here)
            for place, picture in {"m": FLAT, **pictures}.items():
                Image.fromarray(picture).save(here / f"{place}.png")
            (here / "p.txt").write_text(text)

        return make

    good = write("m.png 1 0.5\nn.png 1 0.4", n=FLAT)
    bad = write("m.png 1 0.5\n" + lines, **pictures)
    return Situation(
        f"list of masks: {name}", bad, "score p.txt g.json -m dice", (mend(said, good),)
    )


def labelme(size=True):
    """Polygons of LabelMe that say, or do not say, how large the image is."""

    def make(here):
        for side in "pg":
            content = {
                "shapes": [
                    {"label": "car", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon"}
                ],
                "imagePath": "x.png",
                "version": "5",
            }
            if size:
                content |= {"imageHeight": 8, "imageWidth": 8}
            (here / f"{side}.json").write_text(json.dumps(content))

    return make


def npy_bytes(array):
    """An array as the bytes of a .npy."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def name_colours(here):
    with (here / "segeval.toml").open("a") as file:
        file.write('[classes.a]\nlabel = 1\ncolor = "#c80103"\n')


COLOURS = saved(lambda: Image.fromarray(np.dstack([FLAT * 200, FLAT, FLAT * 3])))
JPEG = saved(lambda: Image.fromarray(FLAT * 255), format="JPEG")
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"


def large_gifs(here):
    """A pair of pictures that are decoded as a whole."""
    for side in "pg":
        picture = Image.fromarray(np.full((2000, 2100), side == "p", np.uint8))
        picture.save(here / f"{side}.gif")


def chessboard(here):
    """Noise, of which every voxel is a run: 45 000 a side."""
    for side in "pg":
        np.save(here / f"{side}.npy", (np.indices((300, 300)).sum(0) % 2).astype(np.uint8))


SHORT = (PROGRAM_BYTES >> 20) + 10  # MiB, of which 25 are needed for the pictures

SITUATIONS = [
    Situation("a picture larger than the memory", large_gifs, f"score p.gif g.gif -m dice --max-memory={SHORT}MiB",
              (put(f"--max-memory {SHORT + 15}MiB", f"--max-memory={SHORT}MiB"),)),
    Situation("runs of instances without room", chessboard,
              f"score p.npy g.npy -m pq --instances components --max-memory={SHORT}MiB",
              (put(f"--max-memory {SHORT + 3}MiB", f"--max-memory={SHORT}MiB"),)),
    nifti("the name says gzip", lambda p: p.write_bytes(gzip.decompress(p.read_bytes())), "rename the file to .nii", suffix=".nii.gz",
          ways=(mend("write it again", lambda here: build.nifti(here / "g.nii.gz", MASK)),
                Way("rename the file to g.nii", lambda command, here: [str((here / "g.nii.gz").rename(here / "g.nii")) if word == "g.nii.gz" else word for word in command]))),
    nifti("no mark", poke(344, b"xxxx"), "write it again"),
    nifti("complex", poke(70, struct.pack("<h", 32)), "integers or floats"),
    nifti("cut off", cut(400), CUT),
    nifti("too long", longer, "write it again"),
    nifti("no voxel size", poke(280, bytes(48)), "write it again"),
    nifti("a packed one that is cut off", cut(90), CUT, suffix=".nii.gz"),
    nifti("a packed one that is damaged", flipped, CUT, suffix=".nii.gz", array=np.random.default_rng(0).integers(0, 2, (6, 8, 8)).astype(np.uint8)),
    nifti("a packed one that is too long", lambda p: p.write_bytes(gzip.compress(gzip.decompress(p.read_bytes()) + bytes(9))), CUT, suffix=".nii.gz"),
    nifti("a packed one that ends early", lambda p: p.write_bytes(gzip.compress(gzip.decompress(p.read_bytes())[:-9])), CUT, suffix=".nii.gz"),
    Situation("NIfTI: no such axis", lambda here: [build.nifti(here / f"{s}.nii", np.stack([MASK, 1 - MASK])) for s in "pg"],
              "score p.nii g.nii -m dice --channel-axis 5", (put("a number from 0 to 3", "5", "3"),)),
    numpy("no mark", poke(0, b"xxxxxxxx")),
    numpy("cut off", cut(150)),
    numpy("no header", poke(20, b"!!!!")),
    numpy("a negative size", replaced(b"(6, 8, 8)", b"(-1, 8,8)")),
    numpy("objects", lambda p: np.save(p, np.array([None, {}], object), allow_pickle=True), "save a plain array of integers or floats"),
    numpy("words", lambda p: np.save(p, np.array(["a"])), "save a plain array of integers or floats"),
    numpy("one axis", lambda p: np.save(p, np.zeros(4, np.uint8)), "(y, x) or (z, y, x)"),
    bad("NumPy: several arrays", ".npz", archive, lambda p: np.savez(p, a=MASK, b=MASK), "save one array",
        ways=(mend("save one array", lambda here: archive(here / "g.npz", MASK)),
              mend("call it `probabilities`", lambda here: np.savez(here / "g.npz", a=MASK, probabilities=MASK)))),
    bad("NumPy: an archive that is none", ".npz", archive, cut(100), CUT),
    bad("NumPy: an array that ends early", ".npz", archive, lambda p: zipfile.ZipFile(p, "w").writestr("a.npy", npy_bytes(MASK)[:-9]), CUT),
    nrrd("no mark", poke(0, b"xxxx")),
    nrrd("no header", replaced(b"dimension: 3", b"dimension: x")),
    nrrd("a field that is none", replaced(b"encoding: raw", b"byte skip: x\nencoding: raw")),
    nrrd("cut off", lambda p: p.write_bytes(p.read_bytes()[:-9])),
    nrrd("an encoding", replaced(b"encoding: raw", b"encoding: hex"), "write it raw or with gzip"),
    nrrd("text that is none", lambda p: p.write_bytes(p.read_bytes()[:-9] + b"xyz"), encoding="ascii"),
    nrrd("no data file", replaced(b"encoding: raw", b"data file: x.raw\nencoding: raw"), "put it beside the header",
         good=lambda here: (here / "x.raw").write_bytes(MASK.tobytes())),
    nrrd("a data file elsewhere", replaced(b"encoding: raw", b"data file: ../x.raw\nencoding: raw"), "put it beside the header, and name it there without a folder",
         good=lambda here: ((here / "x.raw").write_bytes(MASK.tobytes()), replaced(b"../x.raw", b"x.raw")(here / "g.nrrd"))),
    bad("MetaImage: no header", ".mha", mha, with_content(b"NDims = 3\n"), CUT),
    bad("MetaImage: cut off", ".mha", mha, lambda p: p.write_bytes(p.read_bytes()[:-9]), CUT),
    bad("MetaImage: text", ".mha", mha, replaced(b"ElementType", b"BinaryData = False\nElementType"), "write it with binary data"),
    bad("FreeSurfer: no header", ".mgh", mgh, cut(20), CUT),
    bad("FreeSurfer: nothing said", ".mgh", mgh, poke(0, bytes(4)), CUT),
    bad("FreeSurfer: cut off", ".mgh", mgh, cut(300), CUT),
    bad("FreeSurfer: no size", ".mgh", mgh, poke(30, bytes(12)), CUT),
    picture("a JPEG", JPEG, "write a PNG"),
    picture("no mark", with_content(b"x" * 99), "write it again"),
    picture("cut off", lambda p: p.write_bytes(p.read_bytes()[:60]), "write it again"),
    picture("soft edges", saved(lambda: Image.fromarray(np.dstack([FLAT, FLAT, FLAT, FLAT * 99]))), "write a mask of one channel"),
    picture("colours of no class", COLOURS, "", ways=(mend('[classes.NAME] label = 1, color = "#rrggbb"', name_colours),)),
    picture("colours that are not listed", both(lambda path: (path.parent / "segeval.toml").write_text('[classes.b]\nlabel = 2\ncolor = "#ff0000"\n'), COLOURS), "",
            ways=(mend('[classes.NAME] label = 1, color = "#rrggbb"', name_colours), add("--unlisted ignore"))),
    picture("a mode", lambda p: Image.fromarray(FLAT).convert("CMYK").save(p, format="TIFF"), "write one channel of labels"),
    tiff("a JPEG inside", saved(lambda: Image.fromarray(FLAT * 255).convert("RGB"), compression="jpeg"), "write it without JPEG"),
    tiff("0 is white", lambda p: tag(p, 262, 3, 0), "write it with 0 as black"),
    tiff("pages", pages, "", ways=(
        mend("--frames", lambda here: two_pages(here), own="--frames"),
        mend("--channel-axis 0", lambda here: two_pages(here), own="--channel-axis 0"),
        Way("slices make a volume (.nrrd)", lambda command, here: volumes(here) or [w.replace(".tif", ".nrrd") for w in command]))),
    tiff("no page", poke(4, bytes(4)), CUT),
    tiff("damaged tags", cut(60), CUT),
    tiff("damaged strips", lambda p: tag(p, 273, 4, 1 << 20), CUT),
    tiff("a packing", lambda p: tag(p, 259, 3, 9999), "write uint16 with deflate or without compression"),
    tiff("pages that are not described", lambda p: Image.fromarray(FLAT).save(p, description="ImageJ=1.53\nimages=5\nslices=5\n", compression="tiff_deflate"),
         "write a file a page"),
    picture("a file of no format", nothing, "", suffix=".xyz", write=lambda p, a: p.write_bytes(b"xyz"),
            ways=(mend("NumPy", lambda here: [(here / f"{s}.xyz").write_bytes(npy_bytes(FLAT)) for s in "pg"]),)),
    picture("an empty file", with_content(b""), "write it again"),
    picture("Git LFS", with_content(LFS), "git lfs pull fetches the file itself"),
    picture("git-annex", with_content(b"/annex/objects/MD5E-s1--0.png\n"), "git annex get"),
    Situation("a picture as the grid of a volume", lambda here: [pair()(here), labelme()(here)], "score p.npy g.npy -m dice --resample g.json", (put("images of one size", "g.json", "g.npy"),)),
    # regions of interest
    Situation("RoIs: against a volume", lambda here: [fine(here), build.npy(here / "g.npy", MASK)], "score p.npz g.npy -m dice --classes 1=a,2=b",
              (mend("a ground truth of two axes", lambda here: np.save(here / "g.npy", FLAT)),)),
    regions("arrays that do not fit", (mend("boxes (R, 4)", fine),), scores=np.zeros(5)),
    regions("no logits", (mend("save the floats of the head", fine),), masks=np.zeros((2, 3, 7, 7), np.uint8)),
    regions("labels beyond the maps", (mend("a label is the number of its map, from 0", fine),), labels=[1, 9]),
    regions("probabilities", (mend("save the logits", fine),), masks=np.full((2, 3, 7, 7), 0.5, np.float32)),
    regions("scores that are not there", (mend("save them as `scores`", fine), drop("leave out --min-score", "--min-score", "0.5")), "--min-score 0.5"),
    regions("label 0", (add("--roi-offset 0"), add("--roi-offset 1")), labels=[0, 1]),
    # COCO
    Situation("COCO: no such file", instances(lambda c: {"images": 3}), "score p.json g.json -m dice", (mend("an object with images, annotations and categories", instances()),), 2),
    Situation("COCO: the sides swapped", instances(), "score g.json p.json -m dice", (Way("--pred", lambda *_: ["score", "--pred", "p.json", "--gt", "g.json", "-m", "dice"]),), 2, also=("--gt",)),
    Situation("COCO: a name for two categories", instances(lambda c: {**c, "categories": [{**one, "name": "car"} for one in c["categories"]]}), "score p.json g.json -m dice", (mend("give each category an id and a name of its own", instances()),), 2),
    Situation("COCO: an id for two categories", instances(lambda c: {**c, "categories": [{**one, "id": 1} for one in c["categories"]]}), "score p.json g.json -m dice", (mend("give each category an id and a name of its own", instances()),), 2),
    Situation("COCO: detections alone", instances(), "score p.json p.json -m dice", (Way("give the COCO file of the instances as GT", lambda *_: ["score", "p.json", "g.json", "-m", "dice"]),), 2),
    Situation("COCO: detections of other images", instances(annotated(image_id=9), "p"), "score p.json g.json -m dice", (mend("the file of the images that the detections are of", instances()),), 4),
    Situation("COCO: a mask that is none", instances(annotated(segmentation=[[1, 2]])), "score p.json g.json -m dice", (mend("segmentation is polygons", instances()),)),
    Situation("COCO: a box that is none", instances(annotated(bbox=[1, 2])), "score p.json g.json -m dice", (mend("[x, y, width, height]", instances()),)),
    segments("no PNG", "in p/ or beside the JSON", png="999.png"),
    segments("two annotations", "one annotation an image", twice=True),
    segments("a grey PNG", "three channels of 8 bits", mode="L"),
    segments("segments that are not listed", "segments_info names every id of the PNG but 0", listed=False),
    # polygons
    Situation("YOLO: pixels", polygons(a_txt="0 10 10 60 10 60 60\n"), "score pred gt -m dice", (mend("divided by width and height", polygons()),)),
    Situation("YOLO: no image", without_images, "score pred gt -m dice", (mend("put the image beside it", polygons()),)),
    listed("no mask", "m.png car 0.5", "`masks/a_0.png 26 0.93`"),
    listed("no score", "m.png 1 nan", "`masks/a_0.png 26 0.93`"),
    listed("elsewhere", "../m.png 1 0.5", "put the pictures beside the list"),
    listed("another size", "m.png 1 0.5\nn.png 1 0.4", "every mask is as large as the image", n=np.ones((3, 3), np.uint8)),
    listed("colours", "m.png 1 0.5\nn.png 1 0.4", "write it with one channel", n=np.ones((8, 8, 3), np.uint8)),
    Situation("LabelMe: no size", labelme(False), "score p.json g.json -m dice", (mend("put the image beside it", labelme()),)),
]  # fmt: skip
