#!/usr/bin/env python3
"""Counts the instructions of each request under valgrind, and compares them with those in `instructions.json`.

    benches/instructions.py            fails where a request takes over 1.02 times the instructions that are stored, unless
                                       a commit since says `cost: WHY`
    benches/instructions.py --store    stores what it counts

See `README.md` beside this file.
"""
import argparse, json, os, platform, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "instructions.json")
STORE = "benches/instructions.py --store"
WORSE, BETTER = 1.02, 0.98
# The caller's variables could be settings of the server; and pages of memory would be given back by the clock.
ENVIRONMENT = {"PATH": os.environ["PATH"], "MIMALLOC_PURGE_DELAY": "-1"}


def fail(text):
    sys.exit(f"instructions.py: FAILED: {text}")


def said(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE, **options).stdout.strip()


def tools():
    """What the figures depend on besides the code."""
    return {
        "rustc": said("rustc", "--version").split()[1],
        "valgrind": said("valgrind", "--version").removeprefix("valgrind-"),
        "libc": " ".join(platform.libc_ver()),
        "machine": platform.machine(),
    }


def build():
    """The program that answers. It shows no page, and so needs no npm."""
    command = ["cargo", "build", "--profile=counts", "--bench=instructions", "--locked",
               "--message-format=json-render-diagnostics"]
    messages = said(*command, env={**os.environ, "DOVETAIL_GRAPHIQL": "cdn"}).splitlines()
    built = (json.loads(line) for line in messages)
    return next(it["executable"] for it in built if it.get("executable") and it["target"]["name"] == "instructions")


def count(program, rounds):
    """name -> instructions a request, in each of the rounds"""
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        database, dump = os.path.join(folder, "bench.db"), os.path.join(folder, "callgrind.out")
        subprocess.run([program, "fill", database], check=True, env=ENVIRONMENT)
        # `--fair-sched` has the two threads take turns, as they would on two cores.
        valgrind = ["valgrind", "--tool=callgrind", "--quiet", "--combine-dumps=yes", f"--callgrind-out-file={dump}",
                    "--fair-sched=yes", "--dump-before=*counting_begins*", "--dump-before=*counting_ends*"]
        for _ in range(rounds):
            answered = said(*valgrind, program, "answer", database, env=ENVIRONMENT).splitlines()
            with open(dump) as file:
                # A part of the file is what ran until one of the two was entered, or the program ended.
                parts = re.findall(r"^desc: Trigger: [^\n]*counting_ends.*?^summary: (\d+)$", file.read(), re.M | re.S)
            os.remove(dump)
            if len(parts) != len(answered):
                fail(f"{len(answered)} requests were answered, and {len(parts)} were counted")
            for line, total in zip(answered, parts):
                name, _, times = line.rpartition(" ")
                counts.setdefault(name, []).append(int(total) / int(times))
    return counts


def reasons():
    """The lines `cost: WHY` of the commits since the file's last change; and whether all of these commits are known."""
    changed = said("git", "log", "-1", "--format=%H", "--", FILE)
    messages = said("git", "log", "--format=%B", f"{changed}..HEAD") if changed else ""
    shallow = said("git", "rev-parse", "--is-shallow-repository") == "true"
    # Where the history is cut off, the last commit that is there seems to change all files.
    cut_off = shallow and not said("git", "log", "-1", "--format=%P", changed)
    return re.findall(r"^cost: .*\S.*$", messages, re.M), not cut_off


def compare(now, stored, now_with):
    then, then_with = stored["instructions"], stored["with"]
    ratios = {name: now[name] / then[name] for name in now if name in then}
    print(f"{'request':22}{'stored':>14}{'now':>14}{'ratio':>9}")
    for name in {**then, **now}:
        row = [f"{it[name]:,}" if name in it else "-" for it in (then, now)]
        print(f"{name:22}{row[0]:>14}{row[1]:>14}{f'{ratios[name]:.4f}' if name in ratios else '-':>9}")
    if set(then) != set(now):
        fail(f"the requests are not those that are stored; `{STORE}` stores them")
    if any(ratio < BETTER for ratio in ratios.values()):
        print(f"some take under {BETTER} times the instructions that are stored; keep that with `{STORE}`")
    worse = [name for name, ratio in ratios.items() if ratio > WORSE]
    if not worse:
        return
    why, known = reasons()
    if why:
        print(*why, f"so it may; `{STORE}` stores the new figures", sep="\n")
        return
    advice = [f"over {WORSE} times the instructions that are stored: {'; '.join(worse)}",
              "a commit that means it says so, on a line of its message: `cost: WHY`; new figures are stored with",
              f"`{STORE}`, on the tools of {os.path.relpath(FILE)}"]
    if then_with != now_with:
        advice.append(f"the tools are others than those, which can be the cause: {then_with} then, {now_with} now")
    if not known:
        advice.append("this clone is shallow, so that such a commit may be missing: `git fetch --unshallow`")
    fail("\n  ".join(advice))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", action="store_true", help="store the figures instead of comparing them")
    parser.add_argument("--rounds", type=int, default=3, help="count so often; the least counts")
    parser.add_argument("--program", help="count with this program, instead of building it")
    options = parser.parse_args()
    counts = count(options.program or build(), options.rounds)
    for name, rounds in counts.items():
        spread = (max(rounds) - min(rounds)) / min(rounds)
        print(f"{name:22}{spread:9.3%}", *(f"{it:14,.0f}" for it in rounds))
    # What two threads hand each other depends on when they run, and only adds to what must be done.
    now = {name: round(min(rounds)) for name, rounds in counts.items()}
    if options.store:
        with open(FILE, "w") as file:
            json.dump({"with": tools(), "instructions": now}, file, indent=2)
            file.write("\n")
    else:
        with open(FILE) as file:
            compare(now, json.load(file), tools())


if __name__ == "__main__":
    main()
