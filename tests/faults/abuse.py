"""What is done to a server: requests that hold, cost or hang as much as they can, and a log that nobody reads."""

import asyncio, collections, json, os, re, signal, sqlite3, subprocess, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import BINARY, Cluster, Load, Server, check, sqlite_users


async def memory(folder):
    """The largest requests that the limits let in, 100 at once, of ten senders: how much is resident at most, of 512 MB."""
    server = Server(folder, "--trusted-proxies", "127.0.0.1")
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

    async def ask(body, coding, number):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 14)
        writer.write(f"POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
                     f"x-forwarded-for: 192.0.2.{number % 10}\r\naccept-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        first = await reader.read(400)
        await asyncio.sleep(1)
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
            outcomes = collections.Counter(await asyncio.gather(*(ask(body, coding, number) for number in range(100))))
            now, most = server.memory()
            worst = max(worst, most)
            print(f"  {name}, {len(body)} bytes, {coding}: MB at most {most}, then {now}; {dict(outcomes)}", flush=True)
    assert server.process.poll() is None and worst <= 512
    server.process.terminate()
    assert server.process.wait() == 0


async def post(port, query, reader_and_writer=None, headers=""):
    """An answer: its status, its first code, and how long it took."""
    started = time.monotonic()
    body = json.dumps({"query": query})
    reader, writer = reader_and_writer or await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}"
                 f"content-length: {len(body)}\r\n\r\n{body}".encode())
    answer = (await reader.read()).decode()
    writer.close()
    code = re.search(r'"code":"(\w+)"', answer)
    return answer[9:12], code and code[1], time.monotonic() - started


async def get(port, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer[9:12] + " " + answer.rsplit("\n", 1)[1]


def ended(server, within):
    """Has the server end, and says how long that took."""
    started = time.monotonic()
    server.process.terminate()
    assert server.process.wait(timeout=within + 5) == 0
    took = time.monotonic() - started
    print(f"  ended {took:.2f} s after SIGTERM")
    assert took < within + 0.5


SLEEPY = ("ALTER TABLE courses RENAME TO courses_in_time; "
          "CREATE VIEW courses AS SELECT * FROM courses_in_time WHERE (SELECT 1 FROM pg_sleep({})) > 0")
SLOW, QUICK = "{ courses { totalCount } }", "{ users { totalCount } }"
ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%courses%' AND state = 'active' AND pid <> pg_backend_pid()"


async def unread(folder):
    """Nobody reads the standard error."""
    unread, stderr = os.pipe()
    server = Server(folder, "--log", "info", stderr=stderr)
    load = Load(server.port, "unread")
    await load.run(lambda: asyncio.sleep(5))
    print(" ", load.said(), await get(server.port, "/healthz"))
    assert len(load.times) > 1_000
    ended(server, 2)
    check(load, sqlite_users(f"{folder}/dovetail.db"))
    os.close(unread)


async def slow_queries(folder):
    """Ten queries that take all of their time, sent by one, beside quick ones of another."""
    with Cluster(folder, 54392) as cluster:
        cluster.sql(SLEEPY.format(3_600))
        server = Server(folder, "--database-url", cluster.url, "--trusted-proxies", "127.0.0.1", "--request-timeout", "5")

        async def quick(times):
            took = sorted([(await post(server.port, QUICK, headers="x-forwarded-for: 192.0.2.1\r\n"))[2] for _ in range(times)])
            return [round(took[int((times - 1) * share)] * 1000, 1) for share in (0.5, 0.99)]

        print("  quick ones alone, ms at 50, 99 %:", await quick(300))
        slow = [asyncio.create_task(post(server.port, SLOW, headers="x-forwarded-for: 192.0.2.2\r\n")) for _ in range(10)]
        await asyncio.sleep(0.5)
        beside = await quick(300)
        print("  beside slow ones:", beside, await get(server.port, "/readyz"))
        assert beside[1] < 1_000 and (await get(server.port, "/readyz")) == "200 ready"
        print("  the slow ones:", collections.Counter(outcome[:2] for outcome in await asyncio.gather(*slow)))
        ended(server, 2)


async def leave(folder):
    """A hundred clients ask for what takes long, and leave."""
    with Cluster(folder, 54393) as cluster:
        cluster.sql(SLEEPY.format(3_600))
        server = Server(folder, "--database-url", cluster.url, "--max-sender-share", "100")
        clients = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(100)]
        asked = [asyncio.create_task(post(server.port, SLOW, client)) for client in clients]
        await asyncio.sleep(1)
        print("  active while they are there:", *cluster.sql(ACTIVE))
        for task, (_, writer) in zip(asked, clients):
            task.cancel()
            writer.transport.abort()
        await asyncio.sleep(1)
        active = cluster.sql(ACTIVE)
        print("  active a second after they left:", *active, "; the next answer:", await post(server.port, QUICK))
        assert active == ["0"]
        ended(server, 2)


async def stopped(folder):
    """A backend that a request waits for is stopped by SIGSTOP."""
    with Cluster(folder, 54394) as cluster:
        server = Server(folder, "--database-url", cluster.url, "--read-connections", "1", "--request-timeout", "2")
        await post(server.port, QUICK)
        backends = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%users%' AND pid <> pg_backend_pid()"
        for process in cluster.sql(backends):
            os.kill(int(process), signal.SIGSTOP)
        met = await post(server.port, QUICK)
        noticed = time.monotonic()
        after = await post(server.port, QUICK)
        print(f"  what met it: {met}; the next: {after}, {time.monotonic() - noticed:.2f} s after that")
        assert met[0] == "504" and after[0] == "200"
        ended(server, 2)
        for process in subprocess.run(["pgrep", "-u", "postgres"], capture_output=True, text=True).stdout.split():
            os.kill(int(process), signal.SIGCONT)


async def hang(folder):
    """SIGTERM while a query hangs: as long as it may, and no longer."""
    with Cluster(folder, 54395) as cluster:
        cluster.sql(SLEEPY.format(3_600))
        server = Server(folder, "--database-url", cluster.url, "--shutdown-timeout", "1", "--request-timeout", "60")
        asked = asyncio.create_task(post(server.port, SLOW))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(ended, server, 1)
        await asyncio.gather(asked, return_exceptions=True)
        await asyncio.sleep(1)
        print("  active a second later:", *cluster.sql(ACTIVE))


async def migrations(folder):
    """Four `migrate up` on one empty database, and four servers on one new file."""
    with Cluster(folder, 54396) as cluster:
        cluster.sql("CREATE DATABASE fresh")
        for url in [cluster.url.replace("/postgres", "/fresh").replace("//fresh@", "//postgres@"), f"sqlite:{folder}/new.db"]:
            started = time.monotonic()
            four = [subprocess.Popen([BINARY, "migrate", "up", "--database-url", url], stdout=subprocess.DEVNULL) for _ in range(4)]
            codes = [one.wait() for one in four]
            print(f"  {url.split(':')[0]}: exit codes {codes} after {time.monotonic() - started:.2f} s")
            assert codes == [0] * 4
        servers = [Server(folder) for _ in range(4)]
        print("  four servers:", [await get(server.port, "/readyz") for server in servers])
        for server in servers:
            ended(server, 2)


async def deadlock(folder):
    """Mutations that lock the same rows in another order, and 40001 and 40P01 of every third."""
    with Cluster(folder, 54397, "-c deadlock_timeout=50ms") as cluster:
        cluster.sql("CREATE SEQUENCE met; CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS \\$\\$ BEGIN "
                    "IF nextval('met') % 3 = 0 THEN RAISE 'conflict' USING ERRCODE = '40P01'; END IF; RETURN NEW; END \\$\\$; "
                    "CREATE TRIGGER conflict BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION conflict()")
        server = Server(folder, "--database-url", cluster.url)
        load = Load(server.port, "deadlock")
        await load.run(lambda: asyncio.sleep(4))
        print(" ", load.said())
        assert set(load.outcomes) == {"200 answered"}
        ended(server, 2)
        check(load, cluster.users())


async def read_only(folder):
    """The writer becomes read-only under load, as by a failover, and is one again three seconds later."""
    with Cluster(folder, 54398) as cluster:
        server = Server(folder, "--database-url", cluster.url)
        load = Load(server.port, "read-only")

        async def script():
            await asyncio.sleep(2)
            turn = "ALTER SYSTEM SET default_transaction_read_only = {}"
            for to in ["on", "off"]:
                cluster.sql(turn.format(to))
                cluster.run(f"pg_ctl -D {cluster.folder} reload")
                await asyncio.sleep(1)
                print(f"  a second after it was turned {to}:", await get(server.port, "/readyz"))
                await asyncio.sleep(2)

        await load.run(script)
        print(" ", load.said())
        assert any("UNAVAILABLE" in outcome for outcome in load.outcomes)
        ended(server, 2)
        check(load, cluster.users())


async def issuer(folder):
    """The issuer of tokens hangs: whoever has a known key waits for nothing."""
    known = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "known", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    hangs = threading.Event()

    class Issuer(BaseHTTPRequestHandler):
        def do_GET(self):
            if hangs.is_set():
                time.sleep(60)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [known]}).encode())

        def log_message(self, *_):
            pass

    keys = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    keys.daemon_threads = True
    threading.Thread(target=keys.serve_forever, daemon=True).start()
    server = Server(folder, "--jwks", f"http://127.0.0.1:{keys.server_port}/", "--auth", "all")
    hangs.set()

    async def token(key):
        import base64
        part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
        forged = f"{part({'alg': 'EdDSA', 'kid': key})}.{part({'exp': 4102444800})}.{'A' * 86}"
        return await post(server.port, QUICK, headers=f"authorization: Bearer {forged}\r\n")

    unknown = asyncio.create_task(token("unknown"))
    await asyncio.sleep(0.2)
    times = [(await token("known"))[2] for _ in range(200)]
    print(f"  a known key's tokens: {max(times) * 1000:.0f} ms at most; an unknown key's: {await unknown}")
    assert max(times) < 1
    ended(server, 2)
