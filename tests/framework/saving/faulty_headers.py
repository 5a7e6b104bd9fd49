"""Lies in the header of a file: its length, its JSON, its tensors and where they lie, its texts, its digest."""

import json
import pickle
import struct
from collections.abc import Callable, Iterator

from framework.saving.container import CHECKPOINT, MODEL, Kind, canonical
from framework.saving.layout import MAX_HEADER, MAX_TENSORS
from tests.framework.saving.foreign import Bomb, archive
from tests.framework.saving.forging import Tree, data_of, framed, header_of, reheaded

Faults = Iterator[tuple[str, bytes, str]]
"""A name, a file, and a word of the message that refuses it."""


def header_faults(good: bytes, kind: Kind) -> Faults:
    for faults in (_lengths, _headers, _entries, _offsets, _texts, _digests):
        yield from faults(good, kind)


def _lengths(good: bytes, kind: Kind) -> Faults:
    size = len(good)
    for length in (0, 1, size - 7, size, size + 1, 2**31, 2**63, 2**64 - 1):
        words = f"got a header length of {length:,} bytes in a file of {size:,}"
        yield f"header of {length}", struct.pack("<Q", length) + good[8:], words
    yield "header of 7", struct.pack("<Q", 7) + good[8:], "byte 9: got no JSON"
    large = framed(b'{"' + b" " * MAX_HEADER + b'":1}')
    yield "header of 2 MiB", large, f"got a header length of {MAX_HEADER + 6:,} bytes"


def _headers(good: bytes, kind: Kind) -> Faults:
    text, data = json.dumps(header_of(good)).encode(), data_of(good)
    name = first(good)
    entry = json.dumps(header_of(good)[name])
    yield "no object", framed(b"[" + text + b"]", data), "got something else"
    yield "no UTF-8", framed(text.replace(b'"dtype"', b'"dtyp\xff"', 1), data), ": got no UTF-8"
    yield "UTF-16", framed(text.decode().encode("utf-16-le"), data), "got no JSON"
    yield "before it", framed(b" " + text, data), "got something else"
    yield "after it", framed(text + b"{}", data), f"byte {8 + len(text)}: got no JSON"
    yield "a zero after it", framed(text + b"\0", data), f"byte {8 + len(text)}: got no JSON"
    yield "cut", framed(text[:-1], data), "got no JSON"
    yield "a tensor twice", framed(text[:-1] + f', "{name}": {entry}}}'.encode(), data), f"key '{name}' twice"
    spelt = (
        name.replace("layers", "l\\u0061yers").replace("average", "\\u0061verage").replace("history", "h\\u0069story")
    )
    yield "twice, spelt otherwise", framed(text[:-1] + f', "{spelt}": {entry}}}'.encode(), data), f"key '{name}' twice"
    yield "a field twice", framed(text.replace(b'"dtype":', b'"dtype": "I8", "dtype":', 1), data), "key 'dtype' twice"
    yield "metadata twice", framed(text[:-1] + b', "__metadata__": {}}', data), "key '__metadata__' twice"
    yield "deep", framed(b'{"a": ' + b"[" * 10_000), "nested far too deep"
    yield "a million lists", framed(b'{"a": [' + b"[]," * 600_000 + b"0]}"), "lists and objects; expected at most"
    yield "a long integer", framed(b'{"a": ' + b"9" * 5000 + b"}"), "thousands of digits"
    small = ",".join(f'"{number}":{{}}' for number in range(MAX_TENSORS + 1))
    yield "too many tensors", framed(f'{{"__metadata__":{{}},{small}}}'.encode()), f"got {MAX_TENSORS + 1:,} tensors"
    yield "a control character", framed(text.replace(b"layers.0", b"layers\n0"), data), "got no JSON"
    for word in ("\\u001b[2J", "\\u0000", "\\u202e", "\\ud800"):
        changed = framed(text.replace(b'"layers.0.bias"', f'"{word}"'.encode()), data)
        yield f"{word} in a name", changed, "in the name that cannot be printed"


def _entries(good: bytes, kind: Kind) -> Faults:
    """What is said of one tensor, each time of the first."""
    name = first(good)
    size = len(data_of(good))
    place = f"tensor '{name}': "

    def with_field(field: str, value: object) -> bytes:
        return reheaded(good, lambda header: header[name].update({field: value}))

    for dtype in ("F16", "BF16", "F8_E4M3", "F4", "BOOL", "I64", "U8", "C64", "f32", "", "float32", None, 1, ["F32"]):
        words = f"{place}dtype: got {json.dumps(dtype)}" if dtype is None else f"{place}dtype: got "
        yield f"dtype {dtype}", with_field("dtype", dtype), words
    shapes: list[object] = [[True], [-1], [4.0], ["4"], [[4]], [None], [2**62] * 3, [2**64], [0], [0, 2**63], [10**400]]
    for shape in (*shapes, 4, None, "4", {"0": 4}, [1] * 9, [size + 1]):
        yield f"shape {str(shape)[:40]!r} of {type(shape).__name__}", with_field("shape", shape), f"{place}shape: got "
    for shape in ([2, 1, 3], [size], [size, size]):
        yield f"shape {shape}", with_field("shape", shape), "bytes; expected"
    bounds: list[object] = [
        [8, 0],
        [-8, 0],
        [0.0, 8],
        [0, True],
        [0],
        [0, 8, 16],
        None,
        "08",
        {},
        [0, size + 1],
        [2**63] * 2,
    ]
    for offsets in bounds:
        yield f"offsets {offsets}", with_field("data_offsets", offsets), f"{place}data_offsets: got "
    smaller = reheaded(good, lambda header: header["layers.0.weight"].update(shape=[4]))
    yield "fewer numbers than bytes", smaller, "tensor 'layers.0.weight': got 48 bytes; expected 16 by"
    yield "a path beside it", with_field("location", "/etc/passwd"), "with dtype, shape and data_offsets only"
    for field in ("dtype", "shape", "data_offsets"):
        changed = reheaded(good, _less(name, field))
        yield f"no {field}", changed, "with dtype, shape and data_offsets only"
    for value in (None, 5, "F32", [], [1, 2]):
        yield f"{value} for it", reheaded(good, _more(name, value)), f"{place}got "


def _offsets(good: bytes, kind: Kind) -> Faults:
    """Where the tensors lie: all good by themselves."""
    header, data = header_of(good), data_of(good)
    entries = sorted((entry["data_offsets"][0], name) for name, entry in header.items() if name != "__metadata__")
    last = entries[-1][1]
    begin, end = header[last]["data_offsets"]
    one, other = _equal_pair(header)

    def moved(name: str, offset: int, data: bytes) -> bytes:
        changed = json.loads(json.dumps(header))
        first, second = changed[name]["data_offsets"]
        changed[name]["data_offsets"] = [first + offset, second + offset]
        return framed(changed, data)

    yield "a hole", moved(last, 4, data + bytes(4)), f"tensor '{last}': got data from byte {begin + 4:,} on, a hole"
    yield "an overlap", moved(last, -4, data[:-4]), f"tensor '{last}': got data from byte {begin - 4:,} on, both on"
    same = reheaded(good, lambda h: h[other].update(data_offsets=h[one]["data_offsets"]))
    yield "the same data twice", same, "both on the same bytes"
    yield "beyond the end", framed(header, data[:-1]), f"tensor '{last}': data_offsets: got '[{begin}, {end}]'"
    yield "no data at all", framed(header), "as there are so many bytes"
    yield "a byte before them", moved(entries[0][1], 1, data + b"\0"), "got data from byte 1 on, a hole"
    for name, tail in {
        "a byte": b"\0",
        "a page": bytes(4096),
        "a zip": archive("a"),
        "a pickle": pickle.dumps(Bomb(), 4),
        "HTML": b"<script>alert(1)</script>",
        "itself": good,
    }.items():
        yield f"{name} after the end", good + tail, f"got {len(tail):,} bytes after the last tensor"
    none = reheaded(good, lambda h: h.pop(last))
    yield "a tensor unnamed", none, f"got {end - begin:,} bytes after the last tensor"


def _texts(good: bytes, kind: Kind) -> Faults:
    """`__metadata__`, and our entry in it."""
    entry = header_of(good)["__metadata__"][kind.entry]
    other = CHECKPOINT if kind == MODEL else MODEL

    def with_metadata(value: object) -> bytes:
        return reheaded(good, lambda header: header.update(__metadata__=value))

    for value in (None, [], "chalknet", 1, [["chalknet", entry]]):
        yield f"metadata {str(value)[:20]}", with_metadata(value), "__metadata__: got "
    tensor = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    proper = f"got no proper '{kind.entry}' entry"
    yield "no metadata", reheaded(good, lambda header: header.pop("__metadata__")), "__metadata__: got null"
    yield "metadata as a tensor", with_metadata(tensor), proper
    yield "none of ours", with_metadata({}), proper
    yield "another beside it", with_metadata({kind.entry: entry, "format": "pt"}), proper
    yield "of the other kind", with_metadata({other.entry: entry}), f"got {other.name}; expected {kind.name}"
    yield "the other kind beside it", with_metadata({kind.entry: entry, other.entry: entry}), f"got {other.name}"
    texts: list[object] = [
        1,
        None,
        [],
        {},
        json.loads(entry),
        "",
        "{",
        "[]",
        "null",
        "1",
        "NaN",
        f"{entry} ",
        f" {entry}",
    ]
    for text in texts:
        name = f"entry {str(text)[:20]!r} of {len(str(text))} {type(text).__name__}"
        yield name, with_metadata({kind.entry: text}), proper
    tree = json.loads(entry)
    for name, spelt in {
        "keys in another order": json.dumps(dict(reversed(tree.items())), separators=(",", ":")),
        "with spaces": json.dumps(tree, sort_keys=True),
        "spelt otherwise": entry.replace("format", "f\\u006frmat", 1),
        "a key twice": entry.replace('{"', '{"format":1,"', 1),
        "a number spelt otherwise": entry.replace('"format":1', '"format":1e0', 1),
        "NaN in the text": entry.replace('"format":1', '"format":NaN', 1),
        "a deep text": '{"format":' + "[" * 10_000,
        "a long integer in the text": '{"format":' + "9" * 5000 + "}",
        "a megabyte": entry + "A" * (1 << 20),
        "a zero": entry.replace("format", "format\0", 1),
    }.items():
        yield name, with_metadata({kind.entry: spelt}), proper


def _digests(good: bytes, kind: Kind) -> Faults:
    """The digest is wrong, or is right of something else."""
    entry = json.loads(header_of(good)["__metadata__"][kind.entry])

    def with_entry(**changes: object) -> bytes:
        text = canonical({name: value for name, value in {**entry, **changes}.items() if value is not ...})
        return reheaded(good, lambda header: header.update(__metadata__={kind.entry: text}))

    for name, value in {
        "none": ...,
        "empty": "",
        "of zeros": "0" * 64,
        "in capitals": entry["sha256"].upper(),
        "short": entry["sha256"][:-1],
        "long": entry["sha256"] + "0",
        "a number": 5,
        "null": None,
        "a list": [entry["sha256"]],
    }.items():
        yield f"digest {name}", with_entry(sha256=value), "SHA-256"
    for form in (0, 2, "1", 1.0, True, None, ...):
        yield f"format {form}", with_entry(format=form), "got format '"
    data = bytearray(data_of(good))
    data[len(data) // 2] ^= 1
    yield "a bit", framed(header_of(good), bytes(data)), "SHA-256"
    one, other = _equal_pair(header_of(good))

    def exchange(header: Tree) -> None:
        header[one], header[other] = header[other], header[one]

    yield "two names exchanged", reheaded(good, exchange), "SHA-256"


def first(good: bytes) -> str:
    header = header_of(good)
    return min((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"])


def _equal_pair(header: Tree) -> tuple[str, str]:
    """Two tensors of one dtype and shape and other numbers."""
    found: dict[str, str] = {}
    for name in ("layers.1.beta", "layers.1.gamma"):
        found[name] = json.dumps(header[name]["shape"])
    one, other = found
    return one, other


def _more(name: str, value: object) -> Callable[[Tree], object]:
    return lambda header: header.update({name: value})


def _less(name: str, field: str) -> Callable[[Tree], object]:
    return lambda header: header[name].pop(field)
