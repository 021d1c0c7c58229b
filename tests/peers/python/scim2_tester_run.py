"""Runs scim2-tester against a service: every check, every resource type.

    scim2_tester_run.py URL TOKEN

prints one JSON object: how many checks ended how, and those that are no success.
"""

import json
import sys
from collections import Counter

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server


def main(url, token):
    http = Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
    results = check_server(SyncSCIMClient(http))
    failed = [
        f"{result.status.name} {result.title} {result.resource_type or ''}: {result.reason}"
        for result in results
        if result.status is not Status.SUCCESS
    ]
    counts = Counter(result.status.name for result in results)
    types = sorted({result.resource_type for result in results if result.resource_type})
    print(json.dumps({"counts": counts, "failed": failed, "resourceTypes": types}))


if __name__ == "__main__":
    main(*sys.argv[1:])
