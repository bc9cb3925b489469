"""Writes NOTICE, the licences of the crates that are in the program: `python3 .ci/notice.py > NOTICE`.

A text stands there once, under the crates that have it and their copyright lines. Of several licences to choose from, it is MIT's, or
else that of the first file.
"""

import collections
import json
import pathlib
import re
import subprocess

TREE = "cargo tree --locked --edges=normal,no-proc-macro --target=x86_64-unknown-linux-gnu --prefix=none --format={p}"
METADATA = "cargo metadata --locked --format-version=1"
COPYRIGHT = re.compile(r"^\W*(copyright\b.*(\d{4}|\(c\)|©).*|all rights reserved\.?)$", re.IGNORECASE | re.MULTILINE)


def said(command):
    return subprocess.run(command.split(), check=True, stdout=subprocess.PIPE, text=True).stdout


def texts(crate):
    """Its licences' texts, and its notices."""
    folder = pathlib.Path(crate["manifest_path"]).parent
    # What it wraps, in another language, is in a folder of its own; SQLCipher is beside SQLite, and is not built.
    is_wrapper = crate["name"].endswith("-sys")
    files = sorted(it for it in folder.glob("**/LICEN[CS]E*" if is_wrapper else "LICEN[CS]E*") if it.is_file())
    files = [it for it in files if it.parent.name != "sqlcipher"]
    if not is_wrapper and " AND " not in crate["license"]:
        files = sorted(files, key=lambda it: "MIT" not in it.name.upper())[:1]
    return [it.read_text() for it in files + sorted(folder.glob("NOTICE*"))]


linked = {tuple(line.split()[:2]) for line in said(TREE).splitlines() if line}
crates = [it for it in json.loads(said(METADATA))["packages"] if (it["name"], f"v{it['version']}") in linked and it["source"]]
holders, wording, without = collections.defaultdict(list), {}, []
for crate in sorted(crates, key=lambda it: (it["name"], it["version"])):
    label = f"{crate['name']} {crate['version']} ({crate['license']})"
    found = texts(crate)
    if not found:
        without.append(label)
    for text in found:
        copyrights = [" ".join(it.group().split()) for it in COPYRIGHT.finditer(text)]
        rest = re.sub(r"\n{3,}", "\n\n", COPYRIGHT.sub("", text)).strip("\n")
        key = re.sub(r"\W+", " ", rest).lower()
        wording.setdefault(key, rest)
        holders[key].append("\n    ".join([label, *dict.fromkeys(copyrights)]))

RULE = "\n\n" + "=" * 80 + "\n\n"
head = "Dovetail is built with these crates, under their licences. Written by `python3 .ci/notice.py > NOTICE`."
parts = ["\n".join(dict.fromkeys(labels)) + "\n\n" + wording[key] for key, labels in holders.items()]
if without:
    parts.append("\n".join(without) + "\n\nThese have no text of their licence in their packages.")
print(head, *parts, sep=RULE)
