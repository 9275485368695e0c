"""Files of regions of interest and of COCO instances, out of a few numbers."""

import json

import numpy as np


def logits(count, maps=3, m=7, seed=0):
    """Random maps of a mask head."""
    return np.random.default_rng(seed).normal(0, 3, (count, maps, m, m)).astype(np.float32)


def rois(path, boxes, labels, **more):
    """An .npz of RoIs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {"masks": logits(len(boxes)), **more}
    np.savez(
        path, boxes=np.array(boxes, float).reshape(-1, 4), labels=np.array(labels, int), **arrays
    )
    return path


def runs(mask):
    """A mask as uncompressed runs."""
    flat = mask.T.ravel().astype(int)
    edges = [0, *(np.flatnonzero(np.diff([0, *flat]))), flat.size]
    return {"size": list(mask.shape), "counts": np.diff(edges).tolist()}


def annotation(number, image, category, segmentation, **more):
    """An annotation."""
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "segmentation": segmentation,
        "iscrowd": 0,
        **more,
    }


def coco(path, shape, annotations, names=("car", "dog"), images=("img.jpg",)):
    """A COCO file of instances; its images have the ids 1, 2, …"""
    height, width = shape
    content = {
        "images": [
            {"id": i, "file_name": name, "height": height, "width": width}
            for i, name in enumerate(images, 1)
        ],
        "annotations": annotations,
        "categories": [{"id": i, "name": name} for i, name in enumerate(names, 1)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def square(shape, rows, columns):
    """A rectangle as a mask."""
    mask = np.zeros(shape, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask
