"""The client in Python, as those of clients.mjs: `clients.py URL CURSOR`."""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

url, start = sys.argv[1:]


async def listen(field):
    after = start
    while True:
        socket = WebsocketsTransport(
            url.replace("http", "ws", 1), subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL]
        )
        try:
            async with Client(transport=socket) as session:
                request = gql(f"subscription ($after: String) {{ {field}(after: $after) {{ kind id }} }}")
                request.variable_values = {"after": after}
                async for result in session.subscribe(request, get_execution_result=True):
                    after = result.extensions["dovetail"]["cursor"]
                    print(json.dumps({"name": "gql", "field": field, **result.data[field]}), flush=True)
        except Exception as problem:
            if "CHANGES_LOST" in str(problem):
                print(json.dumps({"name": "gql", "field": field, "told": str(problem)}), flush=True)
        await asyncio.sleep(0.1)


async def main():
    await asyncio.gather(listen("userChanged"), listen("postChanged"))


asyncio.run(main())
