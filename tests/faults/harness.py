"""What the scenarios share: a server, a PostgreSQL, clients that read and write, and what must hold after all of it."""

import asyncio, collections, json, os, re, subprocess, sys, time

sys.path.append(os.path.dirname(os.path.dirname(__file__)))
import server

BINARY, CLIENTS, PATIENCE = os.path.abspath(sys.argv[1]), 16, 30
POSTS = "posts: [{ title: \"a\", content: \"\" }, { title: \"b\", content: \"\" }]"


class Server:
    def __init__(self, folder, *arguments, stderr=None):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port", "0", *arguments], cwd=folder, stdout=subprocess.PIPE,
            stderr=stderr or open(f"{folder}/log", "ab"), text=True)
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


class Cluster(server.Cluster):
    """A PostgreSQL with the tables."""

    def __init__(self, folder, port, settings=""):
        super().__init__(folder, port, settings)
        subprocess.run([BINARY, "migrate", "up", "--database-url", self.url], check=True, capture_output=True)

    def sql(self, sql):
        return self.run(f"psql -h {self.folder} -p {self.port} -A -t -c \"{sql}\"").splitlines()

    def users(self):
        return [(name, int(posts)) for name, posts in (line.split("|") for line in self.sql(SQL))]
