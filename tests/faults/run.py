"""What befalls a server under load: `run.py BINARY [kill|slow|full|stop]`, as root (for a small file system), with PostgreSQL's programs.

Clients read, and create users with two posts each, over kept connections. Whatever happens, each user that was acknowledged must be
there afterwards, once and with both posts; no user may have one post; each request must get an answer or a closed connection; and the
process must live, or end with exit code 0 where it was told to stop.
"""

import asyncio, collections, glob, json, os, re, shutil, signal, subprocess, sys, tempfile, time

BINARY, CLIENTS, PATIENCE = os.path.abspath(sys.argv[1]), 16, 30
POSTS = "posts: [{ title: \"a\", content: \"\" }, { title: \"b\", content: \"\" }]"


class Server:
    def __init__(self, folder, *arguments):
        self.log = open(f"{folder}/log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port", "0", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if found := re.search(r"endpoint\s+http://127.0.0.1:(\d+)", line):
                self.port = int(found[1])
                return
        sys.exit("the server did not start")

    def memory(self):
        """Resident now, and at most, in MB."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1024 for name in ("VmRSS", "VmHWM")]


class Load:
    def __init__(self, port, name):
        self.port, self.name, self.number, self.going = port, name, 0, True
        self.outcomes, self.acknowledged, self.times, self.successes = collections.Counter(), set(), [], []

    async def client(self):
        connection = None
        while self.going:
            self.number += 1
            name = f"{self.name} {self.number}"
            writes = self.number % 2
            query = f'mutation {{ createUser(input: {{ name: "{name}", {POSTS} }}) {{ user {{ id }} }} }}' if writes else \
                "{ users(first: 10) { nodes { posts(first: 2) { nodes { title } } } } }"
            body = json.dumps({"query": query})
            started = time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    if connection is None:
                        connection = await asyncio.open_connection("127.0.0.1", self.port)
                    reader, writer = connection
                    writer.write(f"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                                 f"content-length: {len(body)}\r\n\r\n{body}".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    answer = await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
            except TimeoutError:
                self.outcomes["NO ANSWER"] += 1
                connection = None
                continue
            except (OSError, asyncio.IncompleteReadError):
                self.outcomes["closed connection"] += 1
                connection = None
                await asyncio.sleep(0.01)
                continue
            self.times.append(time.monotonic() - started)
            answer = json.loads(answer)
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            self.outcomes[f"{head[9:12].decode()} {' '.join(sorted(codes)) or 'answered'}"] += 1
            if not codes:
                self.successes.append(time.monotonic())
                if writes:
                    self.acknowledged.add(name)

    async def run(self, script):
        clients = [asyncio.create_task(self.client()) for _ in range(CLIENTS)]
        await script()
        self.going = False
        await asyncio.gather(*clients)

    def said(self):
        times = sorted(self.times) or [0]
        spread = [round(times[int((len(times) - 1) * share)] * 1000, 1) for share in (0.5, 0.99, 1)]
        return f"{dict(self.outcomes)}, ms at 50, 99, 100 %: {spread}"


def check(load, users):
    """`users` are the names and the numbers of posts in the database."""
    names = collections.Counter(name for name, _ in users)
    lost = [name for name in load.acknowledged if names[name] != 1]
    half = [name for name, posts in users if posts != 2]
    print(f"  acknowledged {len(load.acknowledged)}, there {len(users)}, lost {len(lost)}, half-written {len(half)}")
    assert not lost and not half and not load.outcomes["NO ANSWER"]
    assert not any("INTERNAL" in outcome for outcome in load.outcomes)


SQL = "SELECT name, (SELECT count(*) FROM posts WHERE owner_id = users.id) FROM users"


def sqlite_users(file):
    import sqlite3
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute(SQL).fetchall()


async def kill(folder):
    """PostgreSQL is killed under load, and started again three seconds later."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    cluster, port = f"{folder}/cluster", "54391"
    os.makedirs(cluster)
    shutil.chown(cluster, "postgres")
    os.chmod(folder, 0o755)

    def postgres(command):
        return subprocess.run(["su", "postgres", "-c", f"{programs}/{command}"], check=True, capture_output=True, text=True)

    start = f"pg_ctl -D {cluster} -w -l {cluster}/log -o '-p {port} -k {cluster}' start"
    postgres(f"initdb -D {cluster} --auth trust")
    postgres(start)
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    subprocess.run([BINARY, "migrate", "up", "--database-url", url], check=True, capture_output=True)
    server = Server(folder, "--database-url", url)
    load = Load(server.port, "kill")
    back = None

    async def script():
        nonlocal back
        await asyncio.sleep(4)
        postmaster = int(open(f"{cluster}/postmaster.pid").readline())
        processes = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
        for process in [postmaster, *map(int, processes)]:
            os.kill(process, signal.SIGKILL)
        await asyncio.sleep(3)
        postgres(start)
        back = time.monotonic()
        await asyncio.sleep(8)

    try:
        await load.run(script)
        print(" ", load.said())
        print(f"  first answer {min(at for at in load.successes if at > back) - back:.2f} s after PostgreSQL was back")
        assert server.process.poll() is None
        lines = postgres(f"psql -h {cluster} -p {port} -A -t -c '{SQL}'").stdout.splitlines()
        check(load, [(name, int(posts)) for name, posts in (line.split("|") for line in lines)])
    finally:
        server.process.kill()
        postgres(f"pg_ctl -D {cluster} -m immediate stop")


async def slow(folder):
    """1,000 clients send nothing, or a byte of a head a second."""
    server = Server(folder, "--client-timeout", "10")
    quiet = Load(server.port, "quiet")
    await quiet.run(lambda: asyncio.sleep(4))
    print("  without them", quiet.said(), "MB", server.memory())
    load = Load(server.port, "slow")
    ended = 0

    async def dawdle(number):
        nonlocal ended
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = iter("GET /graphql HTTP/1.1\r\nx-filler: " + "x" * 100)
        closed = asyncio.create_task(reader.read())
        while not closed.done():
            if number % 2:
                writer.write(next(head).encode())
            await asyncio.wait([closed], timeout=1)
        # Read it: a reset is an exception, and as good an end as any.
        closed.exception()
        ended += 1

    async def script():
        clients = []
        for number in range(1_000):
            clients.append(asyncio.create_task(dawdle(number)))
            if number % 50 == 0:
                # All at once, some would wait beyond the kernel's queue (net.core.somaxconn), and never reach the server.
                await asyncio.sleep(0.1)
        await asyncio.sleep(5)
        print("  MB with them", server.memory())
        await asyncio.gather(*clients)

    started = time.monotonic()
    await load.run(script)
    print("  with them", load.said())
    print(f"  {ended} of them were let go within {time.monotonic() - started:.1f} s")
    assert server.process.poll() is None and ended == 1_000
    server.process.terminate()
    assert server.process.wait() == 0
    load.acknowledged |= quiet.acknowledged
    check(load, sqlite_users(f"{folder}/dovetail.db"))


async def full(folder):
    """The file system of SQLite's file fills up, and has room again later."""
    disk = f"{folder}/disk"
    os.makedirs(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], check=True)
    server = None
    try:
        server = Server(disk)
        load = Load(server.port, "full")

        async def script():
            with open(f"{disk}/ballast", "wb") as ballast:
                ballast.write(b"x" * (3 << 20))
            while not any("UNAVAILABLE" in outcome for outcome in load.outcomes):
                await asyncio.sleep(0.1)
            await asyncio.sleep(2)
            print("  while it was full", load.said())
            os.remove(f"{disk}/ballast")
            self_written = len(load.acknowledged)
            while len(load.acknowledged) == self_written:
                await asyncio.sleep(0.05)

        await load.run(script)
        print(" ", load.said())
        assert server.process.poll() is None
        server.process.terminate()
        assert server.process.wait() == 0
        check(load, sqlite_users(f"{disk}/dovetail.db"))
    finally:
        if server:
            server.process.kill()
            server.process.wait()
        subprocess.run(["umount", "-l", disk], check=True)


async def stop(folder):
    """SIGTERM under load."""
    server = Server(folder)
    load = Load(server.port, "stop")

    async def script():
        await asyncio.sleep(3)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(server.process.wait)
        print(f"  exit code {code} after {(time.monotonic() - started) * 1000:.0f} ms")
        assert code == 0

    await load.run(script)
    print(" ", load.said())
    check(load, sqlite_users(f"{folder}/dovetail.db"))


async def memory(folder):
    """The largest requests that the limits let in, 100 at once: how much is resident at most, of 512 MB."""
    server = Server(folder, "--persisted-queries", "1000")
    import sqlite3
    with sqlite3.connect(f"{folder}/dovetail.db") as database:
        database.execute("INSERT INTO users (name) VALUES ('Ada'), ('Bob')")
        database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) "
                         "INSERT INTO posts (title, content, owner_id) SELECT 't', printf('%.*c', 200000, 'x'), 1 FROM n")
        database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
                         "INSERT INTO posts (title, content, owner_id) SELECT 't', printf('%.*c', 65536, 'x'), 2 FROM n")

    def contents(user, aliases):
        return f"{{ user(id: {user}) {{ posts(first: 100) {{ nodes {{ {' '.join(f'a{n}: content' for n in range(aliases))} }} }} }} }}"

    posts = [{"title": "t", "content": "x" * 900}] * 1_000
    requests = {
        "an unknown variable of 1 MB": {"query": "{ users { nodes { id } } }", "variables": {"no": [{"": 0}] * 110_000}},
        "an `or` of 1 MB": {"query": "query($of: UserFilter) { users(filter: $of) { totalCount } }", "variables": {"of": {"or": [{}] * 250_000}}},
        "lists of lists of 1 MB": {"query": "query($of: UserFilter) { users(filter: $of) { totalCount } }",
                                   "variables": {"of": {"or": [{"or": [{}] * 70}] * 70}}},
        "20 rows of 200 kB under 20 aliases": {"query": contents(1, 20)},
        "an answer of 15 MB, of 100 rows": {"query": contents(2, 2)},
        "a mutation of 1 MB": {"query": "mutation($of: CreateUserInput!) { createUser(input: $of) { user { posts(first: 100) { nodes { content } } } } }",
                               "variables": {"of": {"name": "x", "posts": posts}}},
        "a document of 5,000 tokens": {"query": "{ " + " ".join(f"a{n}: user(id: {n}) {{ {'id ' * 240}}}" for n in range(19)) + " }"},
    }

    async def ask(body, coding, slowly):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 14)
        writer.write(f"POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
                     f"accept-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        first = await reader.read(400)
        await asyncio.sleep(slowly)
        while await reader.read(1 << 16):
            pass
        code = re.search(rb'"code":"(\w+)"', first)
        writer.close()
        return f"{head[9:12].decode()} {code[1].decode() if code else ''}".strip()

    worst = 0
    for name, request in requests.items():
        body = json.dumps(request, separators=(",", ":")).encode()
        for coding in ["identity", "br", "zstd"]:
            with open(f"/proc/{server.process.pid}/clear_refs", "w") as peak:
                peak.write("5")
            outcomes = collections.Counter(await asyncio.gather(*(ask(body, coding, 1) for _ in range(100))))
            now, most = server.memory()
            worst = max(worst, most)
            print(f"  {name}, {len(body)} bytes, {coding}: MB at most {most}, then {now}; {dict(outcomes)}", flush=True)
    assert server.process.poll() is None and worst <= 512
    server.process.terminate()
    assert server.process.wait() == 0


for scenario in sys.argv[2:] or ["kill", "slow", "full", "stop", "memory"]:
    run = {"kill": kill, "slow": slow, "full": full, "stop": stop, "memory": memory}[scenario]
    print(f"{scenario}: {run.__doc__}")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))
