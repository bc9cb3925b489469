"""Checks who imports whom in the engine: `python3 tests/rooms/check.py`.

A room imports from the rooms below it alone, and no file imports, by way of others, from itself. A name that a file hands on
(`pub use`) is of the file that has it. Tests within a file may import what they like.
"""

import pathlib
import re
import sys
from graphlib import CycleError, TopologicalSorter

SOURCE = pathlib.Path(__file__).parents[2] / "engine/src"

# From the top. Those in one place do not import each other.
ROOMS = [
    ["run"], ["server", "doctor"], ["profile"], ["api"], ["prelude"], ["graphql"], ["loaders"], ["kinds"], ["changes"], ["database"], ["insert"],
    ["error"], ["log"], ["config", "digest", "memory", "metrics"],
]

# What may hide a path, or look like one: comments, texts, characters.
NO_CODE = re.compile(
    r"""//[^\n]*|/\*[\s\S]*?\*/|\bb?r(#*)"[\s\S]*?"\1|b?"(?:[^"\\]|\\[\s\S])*"|b?'(?:[^'\\\n]|\\[^'\n]*)'"""
)
PUBLIC = r"^\s*(pub\s+|pub\([^)]*\)\s+)?"


def paths(tree):
    """The paths of a `use` tree, each with the name that it gets: `a::{b, c::d as e}` has `a::b` and `a::c::d`, which is `e`."""
    tree = tree.strip()
    head, brace, rest = tree.partition("{")
    if not brace:
        path, _, alias = tree.partition(" as ")
        return [(path.strip(), alias.strip() or path.rpartition("::")[2].strip())] if tree else []
    parts, depth, start, inner = [], 0, 0, rest[: rest.rindex("}")]
    for at, letter in enumerate(inner + ","):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(inner[start:at])
            start = at + 1
    return [(head + path, name) for part in parts for path, name in paths(part)]


def module(file):
    return tuple(file.relative_to(SOURCE).with_suffix("").parts)


files = {module(it): it for it in SOURCE.rglob("*.rs")}
files[()] = files.pop(("lib",))
imports, handed = {name: set() for name in files}, {name: {} for name in files}


def absolute(path, of):
    """The path from the crate's root of one that a module imports; `None` if it is another crate's."""
    first, *rest = [part.removeprefix("r#") for part in path.split("::")]
    base = {"crate": (), "self": of, "super": of[:-1]}.get(first)
    while base is not None and rest[:1] == ["super"]:
        base, rest = base[:-1], rest[1:]
    return None if base is None else (*base, *rest)


for name, file in files.items():
    text = NO_CODE.sub("", re.split(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod ", file.read_text())[0])
    for public, tree in re.findall(PUBLIC + r"use\s+([^;]+);", text, re.MULTILINE):
        for path, called in paths(tree):
            if path.endswith("*"):
                sys.exit(f"{file}: `use {path}` does not say what it imports")
            target = absolute(path, name)
            if target and public:
                handed[name][called] = target
            elif target:
                imports[name].add(target)
    body = re.sub(PUBLIC + r"use\s+[^;]+;", "", text, flags=re.MULTILINE)
    # In a body, a path may begin with a module within the file's own.
    children = [it[-1] for it in files if it and it[:-1] == name]
    first = "|".join(["crate", "super", "self", *children])
    for path in re.findall(rf"(?<![\w:])((?:{first})(?:::\w+)+)", body):
        imports[name].add(absolute(f"self::{path}" if path.split("::")[0] in children else path, name))


def owner(path):
    """The file that has what a path names."""
    for end in range(len(path), -1, -1):
        if path[:end] in files:
            rest = path[end:]
            if rest and rest[0] in handed[path[:end]]:
                return owner((*handed[path[:end]][rest[0]], *rest[1:]))
            return path[:end]


arrows = {name: {owner(target) for target in targets} - {name} for name, targets in imports.items()}
rank = {room: index for index, rooms in enumerate(ROOMS) for room in rooms}
for room in sorted({name[0] for name in files if name} - set(rank)):
    sys.exit(f"{room} is in no room: name it in ROOMS")
show = lambda name: "/".join(name) + ".rs" if name else "lib.rs"
wrong = []
for name, targets in sorted(arrows.items()):
    for target in sorted(targets):
        if name and target and name[0] != target[0] and rank[name[0]] >= rank[target[0]]:
            wrong.append(f"{show(name)} imports from {show(target)}, which is not in a room below")

try:
    TopologicalSorter(arrows).prepare()
except CycleError as error:
    wrong.append("a circle: " + " <- ".join(map(show, error.args[1])))
print(f"{len(files)} files import {sum(map(len, arrows.values()))} others")
if wrong:
    sys.exit("\n".join(wrong))
