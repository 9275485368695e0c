"""What readers hand over: channels of values on one grid, and what the file says of itself.

A reader knows a format and no run: whether numbers are labels or probabilities is a question of the
values and of the request, so it is answered above (`value_kinds`), and a reader gives a `Volume`:
raw channels, a grid, and what the file says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.runtime.errors import Note
from segeval.runtime.frozen import field, frozen, replace
from segeval.volume.channel import Channel, RelabelledChannel
from segeval.volume.id_coding import IdCoding
from segeval.volume.instances import Instances, RoiMasks

if TYPE_CHECKING:
    from segeval.volume.instance_masks import InstanceMasks
    from segeval.volume.placed_points import PlacedPoints


@frozen
class Volume:
    """Channels of values on one grid, and what the file says of itself.

    channels  one for a label map; one a class for a stack of masks, probabilities or logits
    paths     the file of each channel, where they are several
    names     what the file calls its label values
    segments  masks that may overlap: name -> (channel, label value); empty for other files
    picture   a 2-D image file: its values are judged by the rules of PNG masks
    palette   the values are indices into a colour table, so any of 0..255 is a label
    logits    the file says that its values are logits
    shares    the file says that its values are probabilities
    values    label value of each channel of masks that may overlap and that the file does not name
    sparse    the file leaves out empty slices, and can be read on more of them
    frames    UIDs of its frame of reference, where the file says it
    regions   what the masks were made of: regions of interest, or instances
    coding    the one channel holds ids of instances, and what they stand for
    instances the instances as runs, with their scores, where the file has them apart; made when
              they are asked for
    points    the file has points in place of masks; the channels are empty
    side      gt or pred, for what an error advises; "" of a file that is of neither
    types     what kind of thing each of its segments or label values is, by their names
    """

    geometry: Geometry
    channels: tuple[Channel, ...]
    path: Path
    names: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    picture: bool = False
    palette: bool = False
    logits: bool = False
    shares: bool = False
    paths: tuple[Path, ...] = ()
    notes: tuple[Note, ...] = ()
    values: tuple[int | str, ...] | None = None
    sparse: bool = False
    frames: tuple[str, ...] = ()
    regions: RoiMasks | Instances | None = None
    coding: IdCoding | None = None
    instances: Callable[[], InstanceMasks] | None = None
    points: PlacedPoints | None = None
    side: str = ""
    types: Mapping[str, str] = field(default_factory=dict)

    def file(self, channel: int) -> Path:
        """The file that holds a channel."""
        return self.paths[channel] if self.paths else self.path


def relabel_volume(volume: Volume, table: Mapping[int, int], kept: int | None = None) -> Volume:
    """A label map, or masks, with other label values; nothing is read yet.

    table  the new value of an old one; every other value stays
    kept   a value that the table makes and the data must not have
    """
    channels = tuple(
        replace(
            channel,
            source=RelabelledChannel(channel, table, volume.file(number), kept, volume.side),
            dtype=np.dtype(np.uint16),
            slope=1.0,
            inter=0.0,
        )
        for number, channel in enumerate(volume.channels)
    )
    names = {table.get(value, value): name for value, name in volume.names.items()}
    return replace(volume, channels=channels, names=names)
