"""The `names` of a data.yaml, as tools of YOLO write them; the rest of YAML is not read."""

from __future__ import annotations

import re

WORD = r"""'[^']*'|"[^"]*"|[^,\[\]{}#'"]+"""
PAIR = re.compile(rf"\s*(\d+)\s*:\s*({WORD})")
COMMENT = re.compile(
    r"""^([^#'"\n]*(?:(?:'[^'\n]*'|"[^"\n]*")[^#'"\n]*)*)[ \t]#.*$""", re.MULTILINE
)


def parse_yaml_names(text: str) -> dict[int, str]:
    """What the numbers of a data.yaml are called; empty where it names none.

    text  of a file with `names: [a, b]`, `names: {0: a}`, a line `- a` or a line `0: a` each
    """
    block = re.search(r"^names:[ \t]*(.*(?:\n[ \t]+.*|\n-.*)*)", COMMENT.sub(r"\1", text), re.M)
    if block is None:
        return {}
    if listed := re.match(r"\s*\[(.*?)\]", block[1], re.DOTALL):
        words = re.findall(rf"(?:{WORD})+", listed[1])
        return dict(enumerate(_unquote(word) for word in words if word.strip()))
    if table := re.match(r"\s*\{(.*?)\}", block[1], re.DOTALL):
        return {int(number): _unquote(name) for number, name in PAIR.findall(table[1])}
    pairs = re.findall(r"^[ \t]*['\"]?(\d+)['\"]?[ \t]*:[ \t]*(.+?)[ \t]*$", block[1], re.M)
    if pairs:
        return {int(number): _unquote(name) for number, name in pairs}
    return dict(enumerate(_unquote(w) for w in re.findall(r"^[ \t]*-[ \t]*(.+)$", block[1], re.M)))


def _unquote(word: str) -> str:
    return word.strip().strip("'\"")
