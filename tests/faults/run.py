"""What befalls a server under load, and what is done to it: `run.py BINARY [SCENARIO…]`, as root (for a small file system, and for
PostgreSQL's programs).

Clients read, and create users with two posts each, over kept connections. Whatever happens, each user that was acknowledged must be
there afterwards, once and with both posts; no user may have one post; each request must get an answer or a closed connection; and the
process must live, or end with exit code 0 where it was told to stop.
"""

import asyncio, inspect, sys, tempfile

import abuse, outages

SCENARIOS = {name: run for module in (outages, abuse) for name, run in vars(module).items()
             if inspect.iscoroutinefunction(run) and inspect.getmodule(run) is module}

for name in sys.argv[2:] or SCENARIOS:
    print(f"{name}: {SCENARIOS[name].__doc__}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(SCENARIOS[name](folder))
