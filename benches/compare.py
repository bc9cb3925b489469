#!/usr/bin/env python3
"""Measures GraphQL servers side by side with wrk, in interleaved rounds, and prints a Markdown table for each workload.

    compare.py [options] NAME=URL,QUERIES,WHO ...

    NAME     what the tables call the server
    URL      where it takes POST requests, as http://127.0.0.1:4001/graphql
    QUERIES  a JSON file, workload -> GraphQL text (or {"query": TEXT}, or {"get": "/path"} for a REST route)
    WHO      the server's process tree: a PID, or :PORT for whoever listens there

    compare.py --ref yoga strawberry=http://127.0.0.1:4001/graphql,peers/strawberry/queries.json,:4001 \
                        yoga=http://127.0.0.1:4003/graphql,peers/yoga/queries.json,:4003

Before a workload each server's answer is checked: no "errors", the same rows and values as the others'. Every response
of the warm-up is searched for "errors" too; a measured round fails on a status over 399, on a socket error and on too
few bytes a response.

Columns (medians of the rounds): req/s, with "±" its standard deviation over the rounds, p50 and p99 (wrk's), CPU
(user+system of the server's process tree, per request), PG CPU (the same of PostgreSQL's), RSS (sum of the tree's
peaks during this workload), SQL (statements per request by pg_stat_statements, BEGIN and the like too), bytes (response
body), noise (CPU use of all else on the machine, in cores; a round over --max-noise is repeated up to 3 times, after
waiting up to --patience seconds for the machine to idle). "×": the value over --ref's.
"""
import argparse, collections, json, os, re, resource, statistics, subprocess, sys, tempfile, time, urllib.request

LUA = """
wrk.method = os.getenv("METHOD"); wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = "application/json"; wrk.headers["Accept"] = "application/json"
local threads = {}
function setup(thread) table.insert(threads, thread) end
bad = 0
if os.getenv("CHECK") then
  function response(status, headers, body)
    if status ~= 200 or #body == 0 or body:find('"errors"', 1, true) then bad = bad + 1 end
  end
end
function done(summary, latency)
  local e, bad = summary.errors, 0
  for _, thread in ipairs(threads) do bad = bad + thread:get("bad") end
  print(string.format('RESULT {"requests":%d,"seconds":%f,"bytes":%d,"errors":%d,"bad":%d,"p50":%f,"p99":%f}',
    summary.requests, summary.duration / 1e6, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout, bad,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""
DATABASE = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:54329/bench")
TICK = os.sysconf("SC_CLK_TCK")


def fail(text):
    sys.exit(f"compare.py: FAILED: {text}")


def tree(root):
    """pid -> user+system seconds (of its children that have ended too) of a process and its descendants"""
    parents, seconds, pids = {}, {}, [root]
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            field = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[pid], seconds[pid] = int(field[1]), sum(map(int, field[11:15])) / TICK
    for pid in pids:
        pids += [child for child, parent in parents.items() if parent == pid]
    return {pid: seconds[pid] for pid in pids}


def cpu(root):
    return sum(tree(root).values())


def busy():
    """Seconds of CPU time that the whole machine has used (or that its host has withheld)."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(int, open("/proc/stat").readline().split()[1:])
    return (user + nice + system + irq + softirq + steal) / TICK


def peak(root, reset=False):
    """MB, since the last reset."""
    total = 0
    for pid in tree(root):
        total += int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])
        if reset:
            open(f"/proc/{pid}/clear_refs", "w").write("5")
    return total / 1024


def find(who):
    if not who.startswith(":"):
        return int(who)
    listing = subprocess.check_output(["ss", "-ltnpH", f"sport = {who}"], text=True)
    pids = set(map(int, re.findall(r"pid=(\d+)", listing)))
    masters = [pid for pid in pids if pids <= set(tree(pid))]  # of a master and its workers: the master
    return masters[0] if masters else fail(f"no process, or unrelated ones, listen on {who}: {pids}")


class Server:
    def __init__(self, text):
        self.name, _, rest = text.partition("=")
        self.url, queries, who = rest.split(",")
        self.queries, self.pid = json.load(open(queries)), find(who)

    def request(self, workload):
        """method, URL, body"""
        entry = self.queries[workload]
        if isinstance(entry, dict) and "get" in entry:
            return "GET", "/".join(self.url.split("/")[:3]) + entry["get"], ""
        return "POST", self.url, json.dumps({"query": entry["query"] if isinstance(entry, dict) else entry})

    def once(self, workload):
        method, url, body = self.request(workload)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        call = urllib.request.Request(url, body.encode() or None, headers, method=method)
        try:
            answer = urllib.request.urlopen(call, timeout=30).read()
        except urllib.error.HTTPError as error:
            fail(f"{self.name} {workload}: status {error.code}: {error.read()[:300]}")
        if not answer or b'"errors"' in answer:
            fail(f"{self.name} {workload}: {answer[:300] or 'an empty response'}")
        return answer

    def wrk(self, workload, seconds, connections, warm=False):
        method, url, body = self.request(workload)
        environment = {**os.environ, "METHOD": method, "BODY": body, **({"CHECK": "1"} if warm else {})}
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(LUA)
            script.flush()
            command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script.name, url]
            output = subprocess.run(command, env=environment, capture_output=True, text=True)
        line = re.search(r"^RESULT (.*)$", output.stdout, re.M) or fail(f"wrk: {output.stdout} {output.stderr}")
        run = json.loads(line[1])
        if run["errors"] or run["bad"] or not warm and not run["requests"]:
            fail(f"{self.name} {workload}: {run}")
        return run


def content(answer):
    """The number of objects at each depth of an answer (of lists wrapped as in Relay too), and its sorted values."""
    counts, values = collections.Counter(), []

    def walk(value, depth):
        if isinstance(value, list):
            for item in value:
                walk(item, depth)
        elif isinstance(value, dict):
            wrapper = set(value) <= {"nodes", "edges", "node"}
            counts[depth] += not wrapper
            for item in value.values():
                walk(item, depth + (not wrapper))
        else:
            values.append(re.sub(r"^[A-Z][a-z]+:(?=[0-9]+$)", "", str(value)))  # a global id, such as User:500

    root = json.loads(answer)
    for value in root["data"].values() if isinstance(root, dict) and "data" in root else [root]:
        walk(value, 0)
    return "+".join(str(counts[depth]) for depth in sorted(counts) if counts[depth]), sorted(values)


def statements(server, workload, requests=10):
    """SQL statements a request. The least of three tries: other sessions of the database can only add to the count."""
    query = ("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid "
             "WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%'")
    def calls():
        return int(subprocess.check_output(["psql", DATABASE, "-Atc", query], text=True))
    tries = []
    for _ in range(3):
        before = calls()
        for _ in range(requests):
            server.once(workload)
        tries.append((calls() - before) / requests)
    return min(tries)


def settle(options):
    """Waits until the requests that were in flight are done and, for some time, until others' work has ended."""
    for _ in range(options.patience):
        before = busy()
        time.sleep(1)
        if busy() - before < options.max_noise:
            break


def measure(server, workload, options, postgres, known):
    def clocks():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)  # wrk
        return cpu(server.pid), cpu(postgres), busy(), children.ru_utime + children.ru_stime
    runs = []
    while len(runs) < 4 and (not runs or runs[-1]["noise"] > options.max_noise):
        server.wrk(workload, 1, options.connections, warm=True)  # wakes what idled in the others' rounds, such as pools
        settle(options)
        start = clocks()
        run = server.wrk(workload, known["seconds"], options.connections)
        own, database, whole, load = (end - begin for begin, end in zip(start, clocks()))
        if run["bytes"] / run["requests"] < known["size"]:
            fail(f"{server.name} {workload}: {run['bytes'] / run['requests']:.0f} bytes a response, not {known['size']}")
        run |= {"rate": run["requests"] / run["seconds"], "cpu": own * 1000 / run["requests"],
                "pg": database * 1000 / run["requests"], "noise": max(0, whole - own - database - load) / run["seconds"]}
        print(f"{workload:10} {server.name:16} {run['rate']:9.1f} req/s  cpu {run['cpu']:.3f} ms  noise {run['noise']:.2f}",
              file=sys.stderr, flush=True)
        runs.append(run)
    return min(runs, key=lambda run: run["noise"])


def table(workload, results, ref):
    base = results.get(ref, {})
    text = f"### {workload} ({next(iter(results.values()))['rows']} rows)\n\n"
    text += "| server | req/s | × | ± | p50 ms | p99 ms | CPU ms | × | PG CPU ms | RSS MB | × | SQL | bytes | noise |\n"
    text += "|---|" + "---:|" * 13 + "\n"
    for name, row in results.items():
        over = {key: f"{row[key] / base[key]:.2f}" if base.get(key) else "" for key in ("rate", "cpu", "rss")}
        rates = [run["rate"] for run in row["runs"]]
        spread = statistics.stdev(rates) / statistics.mean(rates) if len(rates) > 1 else 0
        text += (f"| {name} | {row['rate']:.0f} | {over['rate']} | {spread:.0%} | {row['p50']:.2f} | {row['p99']:.2f} "
                 f"| {row['cpu']:.3f} | {over['cpu']} | {row['pg']:.3f} | {row['rss']:.0f} | {over['rss']} | {row['sql']:g} "
                 f"| {row['size']} | {row['noise']:.2f} |\n")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=URL,QUERIES,WHO")
    parser.add_argument("--ref", help="the server that the ratios are against (the first)")
    parser.add_argument("--only", help="these workloads, with commas between them")
    for name, value in {"--rounds": 3, "--seconds": 4, "--warmup": 2, "--connections": 16, "--patience": 60}.items():
        parser.add_argument(name, type=int, default=value)
    parser.add_argument("--max-noise", type=float, default=0.2)
    parser.add_argument("--json", help="also write the numbers to this file")
    options = parser.parse_args()
    servers = [Server(text) for text in options.servers]
    ref = options.ref or servers[0].name
    if ref not in [server.name for server in servers]:
        fail(f"--ref {ref} is none of the servers")
    directory = subprocess.check_output(["psql", DATABASE, "-Atc", "SHOW data_directory"], text=True).strip()
    postgres = int(open(f"{directory}/postmaster.pid").readline())
    everything = {}
    for workload in options.only.split(",") if options.only else dict.fromkeys(w for s in servers for w in s.queries):
        takes, results, expected = [s for s in servers if workload in s.queries], {}, None
        if not takes:
            fail(f"no server has a query for {workload}")
        for server in takes:
            answer = server.once(workload)
            rows, values = content(answer)
            if server.request(workload)[0] == "POST":  # a REST route answers with fields of its own choice
                expected = expected or (rows, values, server.name)
                if (rows, values) != expected[:2]:
                    fail(f"{workload}: {server.name} has other data ({rows} rows) than {expected[2]} ({expected[0]} rows)")
            results[server.name] = {"rows": rows, "size": len(answer), "sql": statements(server, workload)}
            peak(server.pid, reset=True)
            warm = server.wrk(workload, options.warmup, options.connections, warm=True)
            # Slow servers get longer rounds, or the requests that are in flight at the end would weigh too much.
            seconds = min(10, 200 * warm["seconds"] // max(warm["requests"], 1))
            results[server.name]["seconds"] = int(max(seconds, options.seconds))
        runs = collections.defaultdict(list)
        for _ in range(options.rounds):
            for server in takes:
                runs[server.name].append(measure(server, workload, options, postgres, results[server.name]))
        for server in takes:
            for key in ("rate", "p50", "p99", "cpu", "pg", "noise"):
                results[server.name][key] = statistics.median(run[key] for run in runs[server.name])
            results[server.name] |= {"rss": peak(server.pid), "runs": runs[server.name]}
            if len(server.once(workload)) != results[server.name]["size"]:
                fail(f"{server.name} {workload}: another response after the rounds than before them")
        everything[workload] = results
        print(table(workload, results, ref), flush=True)
    if options.json:
        json.dump(everything, open(options.json, "w"), indent=1)


if __name__ == "__main__":
    main()
