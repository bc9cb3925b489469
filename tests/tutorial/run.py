"""Goes through the tutorial of `examples/shop/README.md` step by step, as a reader does: `python3 tests/tutorial/run.py`.

It runs the commands in a temporary folder, writes the files, and fails unless all of these hold: the program builds with the tested
versions, the files are formatted and of as many lines as is said, and the server gives each answer to the byte, on SQLite and on
PostgreSQL.

A block is what its language says:

    sh              Commands. The first of them make the package; those after the files start a server.
    graphql, json   A request, and its answer.
    another         A file, which the line above it names.

What is built is in the target folder, `CARGO_TARGET_DIR` or `target`, where `cargo run -p shop` has the same dependencies.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.dirname(os.path.dirname(__file__)))
from server import ROOT, Cluster, Server, building, free_port

DOCUMENT = "examples/shop/README.md"
BLOCK = re.compile(r"^(?:`([^`\n]+)`[^\n]*:\n\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROFILE = re.compile(r"^\[profile\.dev\b.*\n(?:[^\[\n].*\n)*", re.MULTILINE)


def parsed(tutorial):
    """The commands, the files by their names, and the examples: each a request and its answer."""
    commands, files, examples = [], {}, []
    for name, language, text in BLOCK.findall(tutorial):
        match language:
            case "sh":
                commands.append(text)
            case "graphql":
                examples.append([text])
            case "json":
                examples[-1].append(text.removesuffix("\n"))
            case _:
                assert name and name not in files, f"{name or 'no name'} is above a block of {language}"
                files[name] = text
    assert all(len(example) == 2 for example in examples), "a request has one answer"
    return commands, files, examples


def lay_out(folder, first, files, environment):
    """Makes the package. What it depends on is built as it is for the tests."""
    (folder / ".cargo").mkdir()
    shutil.copy(ROOT / "rustfmt.toml", folder)
    (folder / ".cargo/config.toml").write_text("".join(PROFILE.findall((ROOT / "Cargo.toml").read_text())))
    made = subprocess.run(["bash", "-euc", f"{first}\npwd"], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    package = pathlib.Path(made.stdout.splitlines()[-1])
    assert package.parent == folder, f"the package is in {package}"
    lock = package / "Cargo.lock"
    assert lock.exists() and lock.read_bytes() == (ROOT / "Cargo.lock").read_bytes(), "`Cargo.lock` is not copied"
    for name, text in files.items():
        (package / name).write_text(text)
    return package


def check_answers(package, commands, examples, environment):
    """The answers of the server that the commands start."""
    started = time.monotonic()
    with Server(["bash", "-euc", commands], cwd=package, env=environment) as server:
        assert server.address, f"no server was started by\n{commands}"
        print(f"a server after {time.monotonic() - started:.0f} s", flush=True)
        for request, expected in examples:
            answer = server.ask(request)
            assert answer == expected, f"{request}is answered with\n{answer}\nnot with\n{expected}"
        assert "GraphiQL" in server.request("GET", "/"), "the page has no GraphiQL"


def main():
    started = time.monotonic()
    tutorial, _, _ = (ROOT / DOCUMENT).read_text().partition("\n## The shop\n")
    # What a reader has beside the package is this checkout.
    (first, sqlite, postgres), files, examples = parsed(tutorial.replace("../dovetail/", f"{ROOT}/"))
    lines = sum(text.count("\n") for text in files.values())
    assert f"{len(files)} files with {lines} lines" in tutorial, f"there are {len(files)} files with {lines} lines"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary).resolve()
        settings = {"CARGO_NET_OFFLINE": "true", "DOVETAIL_PORT": "0", "DOVETAIL_LOG": "off"}
        environment = building(folder / "target") | settings
        package = lay_out(folder, first, files, environment)
        assert not subprocess.run(["cargo", "fmt", "--check"], cwd=package).returncode, "a block is not formatted"
        check_answers(package, sqlite, examples, environment)
        assert (package / "garden.db").exists(), "there is no `garden.db`"
        with Cluster(temporary, free_port(), "-c fsync=off") as cluster:
            commands, times = re.subn(r"postgres://\S+", cluster.url, postgres)
            assert times == 1, f"there is no URL of a database in\n{postgres}"
            check_answers(package, commands, examples, environment)
    print(f"the tutorial is right: {len(files)} files, {lines} lines, {len(examples)} answers; {time.monotonic() - started:.0f} s")


try:
    main()
except AssertionError as error:
    sys.exit(str(error))
