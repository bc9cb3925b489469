"""What the tests in Python share: where cargo builds, a server of their own, and a PostgreSQL."""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

ROOT = pathlib.Path(__file__).parents[1]
# Absolute, as cargo takes it from the folder that it is started in.
TARGET = pathlib.Path(os.path.abspath(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"))


def building(folder):
    """The environment for a build beside that of the tests: its parts are where theirs are, but its programs in a folder of its own."""
    folders = {"CARGO_BUILD_BUILD_DIR": str(TARGET), "CARGO_TARGET_DIR": str(folder)}
    return os.environ | folders | {"DOVETAIL_GRAPHIQL": "cdn"}


class Server:
    """What `command` starts, until it is left; `address` is empty if the command ended without a server."""

    def __init__(self, command, **options):
        options = {"stdout": subprocess.PIPE, "text": True, "start_new_session": True} | options
        self.process = subprocess.Popen(command, **options)
        addresses = map(re.compile(r"endpoint +http://(.+)/graphql").search, self.process.stdout)
        self.address = next((it[1] for it in addresses if it), "")

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def ask(self, operation):
        return self.request("POST", "/graphql", json.dumps({"query": operation}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # The command may have started it by way of others, such as cargo. All of them hold the output.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.stdout.read()
        self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Cluster:
    """A PostgreSQL in `folder`, with `settings`: more options of its server."""

    def __init__(self, folder, port, settings=""):
        # Debian keeps its programs off the path, one folder a version.
        initdb = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"), default=None)
        assert initdb, "PostgreSQL is not installed: there is no `initdb`"
        self.programs = os.path.dirname(os.path.realpath(initdb))
        self.folder, self.port, self.settings = f"{folder}/cluster", port, settings
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        os.makedirs(self.folder)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            os.chmod(folder, 0o755)
        # English, as many servers are: the program must not depend on it.
        english = "--encoding UTF8 --locale C --locale-provider icu --icu-locale en-US"
        self.run(f"initdb -D {self.folder} --auth trust --username postgres {english}")
        self.start()

    def run(self, command):
        """Runs one of its programs, and not as root, which they refuse."""
        shell = ["su", "postgres", "-c"] if os.getuid() == 0 else ["sh", "-c"]
        return subprocess.run([*shell, f"{self.programs}/{command}"], check=True, capture_output=True, text=True).stdout

    def start(self):
        options = f"-p {self.port} -k {self.folder} {self.settings}"
        self.run(f"pg_ctl -D {self.folder} -w -l {self.folder}/log -o '{options}' start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run(f"pg_ctl -D {self.folder} -m immediate stop")
