"""Channels as streams of values, read in lockstep through buffers that are used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from math import prod
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from segeval.runtime.arrays import Raw
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import current
from segeval.runtime.packed_streams import (
    ByteStream,
    PackedBytes,
    compare_checksum,
    fill_buffer,
    finish_stream,
    open_packed,
)
from segeval.runtime.unpacked_file import spill_packed
from segeval.volume.channel import Channel, Drawer, RelabelledChannel, RowMaker, turn_array
from segeval.volume.stored_boxes import StoredBoxes
from segeval.volume.value_kinds import replace_labels

LARGE = 1 << 23  # values of a picture that is not decoded as a whole
SLOW = ("bzip2",)  # packings of which a copy takes less than a second pass
STRIDED_BYTES = 16 << 20  # planes that are turned at a time


class Stream(Protocol):
    """An open channel."""

    def read(self, count: int, into: Raw | None = None) -> Raw:
        """The next values, native byte order, flat; a view that the next read overwrites.

        into  an array that a stream may fill and give back instead, where it holds this type
        """


class _PackedStream:
    """Values out of bytes, through one buffer."""

    def __init__(self, file: ByteStream, voxels: Channel, packed: PackedBytes, chunk: int) -> None:
        self._file, self._packed = file, packed
        self._raw = np.empty(min(chunk, voxels.count), voxels.dtype)
        self._bytes = memoryview(self._raw.view(np.uint8))  # type: ignore[arg-type]

    def read(self, count: int, into: Raw | None = None) -> Raw:
        if into is not None and into.dtype == self._raw.dtype:
            fill_buffer(self._file, into.view(np.uint8).data, self._packed)
            return into
        width = self._raw.itemsize
        fill_buffer(self._file, self._bytes[: count * width], self._packed)
        return self._raw[:count]


class _ArrayStream:
    """Values out of an array that is there."""

    def __init__(self, array: Raw) -> None:
        self._flat = np.ascontiguousarray(array).reshape(-1)
        self._at = 0

    def read(self, count: int, into: Raw | None = None) -> Raw:
        self._at += count
        return self._flat[self._at - count : self._at]


class _RowStream:
    """Values out of rows that are made one after the other."""

    def __init__(self, rows: Iterator[Raw], dtype: np.dtype[Any]) -> None:
        self._rows, self._ready = rows, np.empty(0, dtype)

    def read(self, count: int, into: Raw | None = None) -> Raw:
        if len(self._ready) >= count:
            part, self._ready = self._ready[:count], self._ready[count:]
            return part
        out = np.empty(count, self._ready.dtype)
        done = 0
        while done < count:
            if not len(self._ready):
                self._ready = next(self._rows).reshape(-1)
            part = self._ready[: count - done]
            out[done : done + len(part)] = part
            self._ready, done = self._ready[len(part) :], done + len(part)
        return out

    def finish(self) -> None:
        """Go on to the end of the file, where its checksum is compared. Raises ReadError."""
        for _ in self._rows:
            pass


class _DrawnStream:
    """Values drawn into one buffer, in the order of the grid."""

    def __init__(self, drawer: Drawer, dtype: np.dtype[Any], chunk: int) -> None:
        self._drawer, self._at = drawer, 0
        self._buffer: Raw = np.empty(chunk, dtype)

    def read(self, count: int, into: Raw | None = None) -> Raw:
        out = self._buffer[:count]
        self._drawer.fill(self._at, out)
        self._at += count
        return out


class _ZeroStream:
    """A mask without voxels."""

    def __init__(self, chunk: int) -> None:
        self._zeros = np.zeros(chunk, np.uint8)

    def read(self, count: int, into: Raw | None = None) -> Raw:
        return self._zeros[:count]


class _TurnedStream:
    """Values of an array in another order of axes, some planes at a time.

    planes  gives its planes, in that order, from a number up to another
    size    bytes of the array, which are all read for a plane where it crosses the others
    """

    def __init__(self, planes: Callable[[int, int], Raw], voxels: Channel, size: int) -> None:
        self._planes = planes
        assert voxels.order is not None
        self._count = _grid_axes(voxels)[voxels.order.axes[0]]
        self._step = max(1, STRIDED_BYTES * self._count // max(size, 1))
        self._plane, self._ready = 0, np.empty(0, voxels.dtype)

    def read(self, count: int, into: Raw | None = None) -> Raw:
        parts = []
        while count:
            if not len(self._ready):
                self._turn()
            part, self._ready = self._ready[:count], self._ready[count:]
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _turn(self) -> None:
        end = min(self._plane + self._step, self._count)
        self._ready = self._planes(self._plane, end).flatten()
        self._plane = end


def _grid_axes(voxels: Channel) -> tuple[int, ...]:
    """The stored shape without the axis of which one channel is picked."""
    axis = voxels.picked[0] if voxels.picked else len(voxels.stored)
    return voxels.stored[:axis] + voxels.stored[axis + 1 :]


def _open_turned_file(file: IO[bytes], voxels: Channel, packed: PackedBytes) -> _TurnedStream:
    """An array in a file, of which boxes are read. Raises ReadError when it is read."""
    boxes = StoredBoxes(file, packed, voxels.dtype, voxels.stored)
    order, whole = voxels.order, [(0, size) for size in voxels.stored]
    assert order is not None
    axis = order.axes[0]
    if voxels.picked:
        out, index = voxels.picked
        whole[out] = index, index + 1
        axis += axis >= out

    def planes(start: int, end: int) -> Raw:
        count = voxels.stored[axis]
        box = list(whole)
        box[axis] = (count - end, count - start) if 0 in order.flips else (start, end)
        part = boxes.read(box)
        if voxels.picked:
            part = part.reshape(part.shape[: voxels.picked[0]] + part.shape[voxels.picked[0] + 1 :])
        turned: Raw = np.flip(part.transpose(order.axes), order.flips)
        return turned

    return _TurnedStream(planes, voxels, prod(voxels.stored) * voxels.dtype.itemsize)


class _RelabelledStream:
    """Labels by a table."""

    def __init__(self, stream: Stream, how: RelabelledChannel) -> None:
        self._stream, self._how = stream, how
        self._unmet = np.array(sorted(how.table), np.int64)

    def read(self, count: int, into: Raw | None = None) -> Raw:
        how, values = self._how, self._stream.read(count)
        if self._unmet.size:
            self._meet(values)
        return replace_labels(values, how.table, how.path, how.kept, how.side)

    def _meet(self, values: Raw) -> None:
        """Note which labels of the table there are (`unmet_settings`)."""
        if values.dtype.itemsize == 1:
            seen = np.zeros(256, bool)
            seen[values.view(np.uint8)] = True
            there = (self._unmet < 256) & (self._unmet >= 0)
            there[there] = seen[self._unmet[there]]
        else:
            there = np.isin(self._unmet, values)
        for label in self._unmet[there].tolist():
            current().meet(f"{self._how.side} label {label}")
        self._unmet = self._unmet[~there]


def _relabel_stream(channel: Channel, stream: Stream) -> Stream:
    source = channel.source
    return _RelabelledStream(stream, source) if isinstance(source, RelabelledChannel) else stream


class _NativeStream:
    """Values in native byte order, scaled where the file says so."""

    def __init__(self, stream: Stream, voxels: Channel) -> None:
        self._stream, self._voxels = stream, voxels

    def read(self, count: int, into: Raw | None = None) -> Raw:
        raw = self._stream.read(count)
        if not self._voxels.scaled:
            if into is None or into.dtype != raw.dtype.newbyteorder("="):
                return raw.astype(raw.dtype.newbyteorder("="))
            np.copyto(into, raw)
            return into
        values = np.multiply(raw, self._voxels.slope, dtype=np.float64)
        values += self._voxels.inter
        return values


class _OpenFiles(ExitStack):
    """The open files of some channels, and what is to be done after their last value."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[Callable[[], None]] = []


@contextmanager
def open_channels(channels: Sequence[Channel], chunk: int) -> Iterator[list[Stream]]:
    """Open channels together, to be read in lockstep, at most `chunk` values a read.

    A packed file that holds several of them, or holds one in another order, is unpacked once to
    disk. After the last value the checksum of packed files is compared, before the first one that
    of members of an archive that are not packed. Raises ReadError.
    """
    bare = [channel.bare for channel in channels]
    packed = (v.source for v in bare if isinstance(v.source, PackedBytes))
    for source in {(p.path, p.start): p for p in packed}.values():
        compare_checksum(source)
    with _OpenFiles() as stack:
        shared = _spill_shared(bare, stack)
        yield [
            _relabel_stream(channel, _open_stream(own, shared, chunk, stack))
            for channel, own in zip(channels, bare, strict=True)
        ]
        for finish in stack.ends:  # not after an error, which it would hide
            finish()


def _spill_shared(
    channels: Sequence[Channel], stack: ExitStack
) -> dict[tuple[Path, str], PackedBytes]:
    """Unpack to disk each packed file that is read in another order, or in several parts.

    Both sides of a case may be one file: unpacking it twice takes less than a copy, but of bzip2.
    """
    users: dict[tuple[Path, str], list[Channel]] = {}
    for voxels in channels:
        if isinstance(voxels.source, PackedBytes) and not voxels.source.seekable:
            users.setdefault((voxels.source.path, voxels.source.packing), []).append(voxels)
    return {
        key: stack.enter_context(spill_packed(_whole_file_part([v.source for v in those])))  # type: ignore[misc]
        for key, those in users.items()
        if len({v.source.skip for v in those}) > 1  # type: ignore[union-attr]
        or any(v.order is not None for v in those)
        or (len(those) > 1 and key[1] in SLOW)
    }


def _whole_file_part(parts: Sequence[PackedBytes]) -> PackedBytes:
    """The part of a packed file from its first channel to its last."""
    end = max(p.skip + p.size for p in parts)
    return replace(parts[0], skip=0, size=end)


def _open_stream(
    voxels: Channel, shared: Mapping[tuple[Path, str], PackedBytes], chunk: int, stack: _OpenFiles
) -> Stream:
    stream = _open_plain_stream(voxels, shared, chunk, stack)
    if voxels.scaled or not voxels.dtype.isnative:
        return _NativeStream(stream, voxels)
    return stream


def _open_plain_stream(
    voxels: Channel, shared: Mapping[tuple[Path, str], PackedBytes], chunk: int, stack: _OpenFiles
) -> Stream:
    if voxels.source is None:
        return _ZeroStream(min(chunk, voxels.count))
    if voxels.order is None and voxels.count > LARGE and isinstance(voxels.source, RowMaker):
        made = _RowStream(voxels.source.rows(), voxels.dtype)
        stack.ends.append(made.finish)
        return made
    if callable(voxels.source):
        array = voxels.source()
        if voxels.order is None:
            return _ArrayStream(array)
        view = turn_array(array, voxels)
        return _TurnedStream(lambda start, end: view[start:end], voxels, array.nbytes)
    if isinstance(voxels.source, Drawer):
        return _open_drawn_stream(voxels, voxels.source, chunk)
    assert isinstance(
        voxels.source, PackedBytes
    )  # relabelled channels are opened by what is inside
    packed = voxels.source
    if (packed.path, packed.packing) in shared:
        file = shared[packed.path, packed.packing]
        packed = replace(file, start=file.start, skip=packed.skip, size=packed.size)
    if voxels.order is None:
        opened_file = stack.enter_context(open_packed(packed))
        stack.ends.append(partial(finish_stream, opened_file, packed))
        return _PackedStream(opened_file, voxels, packed, chunk)
    opened = stack.enter_context(packed.path.open("rb", buffering=0))
    return _open_turned_file(opened, voxels, packed)


def _open_drawn_stream(voxels: Channel, drawer: Drawer, chunk: int) -> Stream:
    if voxels.order is not None:
        drawer = drawer.turned(voxels.order.axes, voxels.order.flips)
    return _DrawnStream(drawer, voxels.dtype, min(chunk, voxels.count))
