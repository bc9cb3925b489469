"""Goes through `docs/entity.md` step by step, as a reader does: `python3 tests/entity/run.py`.

It copies the tracked files, does to the copy what the document's blocks say, and fails unless all of these hold: each block applies, the
program builds, its schema has just what the document calls new, the comment is written, read and deleted over HTTP, and the wrong
declaration is refused at the start.

A block has its file in the line above it:

    New file `x`:    The block is the file.
    More of `x`:     The block is added to the end of the file.
    In `x`:          The block is a difference: the lines that stay or go stand once in the file, together.
    From `x`:        The block stands in the file, as it is.

The copy is in the target folder, `CARGO_TARGET_DIR` or `target`, whose dependencies `cargo test` has built: they are built no second time.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.dirname(os.path.dirname(__file__)))
from server import ROOT, TARGET, Server, building

DOCUMENT = "docs/entity.md"
BLOCK = re.compile(r"^(New file|More of|In|From) `([^`\n]+)`:\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What gives the project's own packages their versions: those that come from nowhere else.
VERSIONS = {
    "Cargo.toml": re.compile(rb'^(\[workspace\.package\]\nversion = )"[^"]+"', re.MULTILINE),
    "Cargo.lock": re.compile(rb'^(name = "[^"]+"\nversion = )"[^"]+"(?!\nsource)', re.MULTILINE),
}
# The program, and all that is built for the tests, which share their features of the dependencies with it.
BUILD = "cargo build --locked --workspace --bin dovetail --test api --message-format=json-render-diagnostics".split()


def replaced(text, block):
    """`text` with the difference done to it."""
    for hunk in block.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        wrong = [line for line in lines if line[0] not in " +-\n"]
        assert not wrong, f"a line of a difference begins with none of ` `, `+`, `-`: {wrong}"
        before, after = ("".join(line[1:] or "\n" for line in lines if line[0] != sign) for sign in "+-")
        times = text.count(f"\n{before}")
        assert times == 1, f"the difference is of lines that stand {times} times in the file, not once:\n{before}"
        text = text.replace(f"\n{before}", f"\n{after}")
    return text


def applied(document, read):
    """The files that the document's blocks make or change, and their texts; `read` has those that are there."""
    files = {}
    for kind, name, language, block in BLOCK.findall(document):
        text = files[name] if name in files else read(name)
        try:
            assert (text is None) == (kind == "New file"), "the file is there" if text else "there is no such file"
            assert (language == "diff") == (kind == "In"), f"a block of {language}"
            match kind:
                case "New file":
                    files[name] = block
                case "More of":
                    files[name] = f"{text}\n{block}"
                case "In":
                    files[name] = replaced(text, block)
                case "From":
                    assert block in text, "the block does not stand in the file"
        except AssertionError as error:
            raise AssertionError(f"{DOCUMENT}, {kind} `{name}`: {error}") from None
    return files


def read(name):
    file = ROOT / name
    return file.read_text() if file.exists() else None


def check_refusals(document):
    """A block that is not of its file is noticed: with a wrong line in each difference and each quotation."""
    wrong = 0
    for block in BLOCK.finditer(document):
        if block[1] in ("In", "From"):
            # Behind the sign of a line that is in the file.
            start = block.start(4) + (re.search(r"^[ -]", block[4], re.MULTILINE).end() if block[1] == "In" else 0)
            spoilt = f"{document[:start]}spoilt{document[start:]}"
            try:
                applied(spoilt, read)
            except AssertionError:
                wrong += 1
                continue
            sys.exit(f"{DOCUMENT}: a spoilt block of `{block[2]}` was applied")
    assert wrong, "there is no block to spoil"


def lay_out(tree, files):
    """Writes the tracked files, changed as `files` has them. What is the same stays untouched, so that cargo need not build it again."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    tracked = {name: (ROOT / name).read_bytes() for name in listed.split("\0") if name and (ROOT / name).is_file()}
    # The tests are those of the school as it is; what they need is built all the same.
    wanted = tracked | {name: text.encode() for name, text in files.items()} | {"tests/main.rs": b"//! None.\n"}
    # Cargo tells packages of two workspaces apart by their versions alone, not by their folders.
    for name, version in VERSIONS.items():
        text, times = version.subn(rb'\g<1>"0.0.0"', wanted[name])
        assert times, f"{name} has no version"
        wanted[name] = text
    for file in [file for file in tree.rglob("*") if file.is_file()]:
        if str(file.relative_to(tree)) not in wanted:
            file.unlink()
    for name, content in wanted.items():
        file = tree / name
        if not file.exists() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def build(tree, target):
    """Builds the program, and says which packages were compiled."""
    # The second build is of one changed line.
    environment = building(target) | {"CARGO_INCREMENTAL": "1"}
    started = time.monotonic()
    built = subprocess.run(BUILD, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True)
    assert built.returncode == 0, "the program does not build"
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    artifacts = [it for it in messages if it["reason"] == "compiler-artifact"]
    fresh = sum(it["fresh"] for it in artifacts)
    compiled = sorted({it["target"]["name"] for it in artifacts if not it["fresh"]})
    shown = ", ".join(compiled) if len(compiled) < 12 else f"{len(compiled)} packages"
    print(f"built in {time.monotonic() - started:.0f} s: {fresh} were there, compiled: {shown or 'none'}", flush=True)
    return target / "debug/dovetail"


def names(sdl):
    """The types of a schema, and their fields or values as `Type.field`."""
    types, fields, owner = set(), set(), None
    for line in re.sub(r'"""[\s\S]*?"""', "", sdl).splitlines():
        if head := re.match(r"(?:type|input|enum|interface|scalar|union) (\w+)", line):
            owner = head[1]
            types.add(owner)
        elif field := re.match(r"  (\w+)", line):
            fields.add(f"{owner}.{field[1]}")
    return types, fields


def check_schema(document, program):
    sdl = subprocess.run([program, "schema"], check=True, capture_output=True, text=True).stdout
    (old_types, old_fields), (types, fields) = names(read("schema.graphql")), names(sdl)
    assert old_types <= types and old_fields <= fields, f"gone: {old_types - types} {old_fields - fields}"
    new_types = types - old_types
    new_fields = {field for field in fields - old_fields if field.partition(".")[0] not in new_types}
    for what, new in (("types", new_types), ("fields", new_fields)):
        told = set(re.findall(r"`([\w.]+)`", re.search(rf"^- New {what}: ((?:.+\n)+?)(?=- |\n)", document, re.MULTILINE)[1]))
        assert told == new, f"new {what}: the document alone has {sorted(told - new)}, the schema {sorted(new - told)}"
    print(f"the schema has {len(new_types)} new types, and {len(new_fields)} new fields of others, as the document says")


ANSWERS = [
    (
        'mutation { createComment(input: { postId: 1, text: "First" }) { comment { id post { id } } userErrors { code } } }',
        {"createComment": {"comment": {"id": "Comment:1", "post": {"id": "Post:1"}}, "userErrors": []}},
    ),
    (
        'mutation { createComment(input: { postId: 999, text: " " }) { comment { id } userErrors { code path } } }',
        {
            "createComment": {
                "comment": None,
                "userErrors": [{"code": "BLANK", "path": ["text"]}, {"code": "NOT_FOUND", "path": ["postId"]}],
            }
        },
    ),
    (
        'mutation { updateComment(input: { id: 1, text: "Second" }) { comment { text } userErrors { code } } }',
        {"updateComment": {"comment": {"text": "Second"}, "userErrors": []}},
    ),
    (
        "{ post(id: 1) { commentsCount comments { totalCount nodes { text } } } comments { totalCount } }",
        {"post": {"commentsCount": 1, "comments": {"totalCount": 1, "nodes": [{"text": "Second"}]}}, "comments": {"totalCount": 1}},
    ),
    (
        '{ posts(filter: { comments: { some: { text: { eq: "Second" } } } }) { nodes { id } } pinnedPost { id } }',
        {"posts": {"nodes": [{"id": "Post:1"}]}, "pinnedPost": {"id": "Post:1"}},
    ),
    (
        "{ posts(first: 1, orderBy: [{ field: COMMENTS_COUNT, direction: DESC }, { field: TITLE }]) { nodes { id } } "
        'comments(filter: { post: { id: { ne: "Post:1" } } }, orderBy: { field: POST_TITLE }) { totalCount } }',
        {"posts": {"nodes": [{"id": "Post:1"}]}, "comments": {"totalCount": 0}},
    ),
    (
        'mutation { deleteComment(input: { id: "Comment:1" }) { deletedId userErrors { code } } }',
        {"deleteComment": {"deletedId": "Comment:1", "userErrors": []}},
    ),
    (
        '{ post(id: 1) { commentsCount } comment(id: 1) { id } node(id: "Comment:1") { id } }',
        {"post": {"commentsCount": 0}, "comment": None, "node": None},
    ),
]


def check_answers(program):
    """The comment is written, read and deleted, by a server with the rows of the demo in a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        with Server([program, "serve", "--demo", "--port", "0", "--log", "off"], cwd=folder) as server:
            assert server.address, "the server did not start"
            for operation, expected in ANSWERS:
                answer = json.loads(server.ask(operation))
                assert answer == {"data": expected}, f"{operation}\nis answered with\n{answer}\nnot with\n{expected}"
    print(f"{len(ANSWERS)} operations over HTTP are answered as expected")


def check_wrong_declaration(document, tree, target):
    """What the engine cannot answer is refused by the program before it does anything, as the document says."""
    told = re.search(r"`(\S+)` in place of `(\S+)`[\s\S]*?```text\n(.*)\n```", document)
    assert told, "the document has no wrong declaration"
    file = tree / "src/comment.rs"
    text = file.read_text()
    assert text.count(told[2]) == 1, f"`{told[2]}` does not stand once in src/comment.rs"
    file.write_text(text.replace(told[2], told[1]))
    refused = subprocess.run([build(tree, target), "schema"], capture_output=True, text=True)
    assert refused.returncode == 1 and refused.stderr == f"{told[3]}\n", f"said was, with {refused.returncode}: {refused.stderr}"
    print("the wrong declaration is refused as the document says")


def main():
    started = time.monotonic()
    document = read(DOCUMENT)
    check_refusals(document)
    files = applied(document, read)
    tree, target = TARGET / "entity/tree", TARGET / "entity/target"
    lay_out(tree, files)
    print(f"{len(files)} files are new or changed in {tree.name}", flush=True)
    assert not subprocess.run(["cargo", "fmt", "--all", "--check"], cwd=tree).returncode, "a block is not formatted"
    program = build(tree, target)
    check_schema(document, program)
    check_answers(program)
    check_wrong_declaration(document, tree, target)
    shutil.rmtree(target, ignore_errors=True)
    print(f"docs/entity.md is right: {time.monotonic() - started:.0f} s")


try:
    main()
except AssertionError as error:
    sys.exit(str(error))
