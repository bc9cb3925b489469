"""What befalls a server: its database dies, its clients dawdle, its disk is full, it is told to stop."""

import asyncio, os, signal, subprocess, time

from harness import Cluster, Load, Server, check, sqlite_users


async def kill(folder):
    """PostgreSQL is killed under load, and started again three seconds later."""
    with Cluster(folder, 54391) as cluster:
        server = Server(folder, "--database-url", cluster.url)
        load = Load(server.port, "kill")
        back = None

        async def script():
            nonlocal back
            await asyncio.sleep(4)
            postmaster = int(open(f"{cluster.folder}/postmaster.pid").readline())
            processes = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
            for process in [postmaster, *map(int, processes)]:
                os.kill(process, signal.SIGKILL)
            await asyncio.sleep(3)
            cluster.start()
            back = time.monotonic()
            await asyncio.sleep(8)

        try:
            await load.run(script)
            print(" ", load.said())
            print(f"  first answer {min(at for at in load.successes if at > back) - back:.2f} s after PostgreSQL was back")
            assert server.process.poll() is None
            check(load, cluster.users())
        finally:
            server.process.kill()


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
