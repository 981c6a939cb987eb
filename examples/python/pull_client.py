"""Fetches what a Kuvert gateway has for us, as it comes; with the argument `once`: what waits now. Settings: README.md."""

import os
import sys
import time

import requests

from envelopes import Keys, TurnedDown, gaps, make_folder, take

URL, CA, FOLDER = os.environ["GATEWAY"], os.environ["CA"], os.environ["FOLDER"]
ORGANISATION, ENVIRONMENT = os.environ["ORGANISATION"], os.environ["ENVIRONMENT"]
KEYS = Keys(URL + "/.well-known/jwks.json", CA)

session = requests.Session()
session.cert = (os.environ["CERTIFICATE"], os.environ["KEY"])  # who we are: nothing else says it
session.trust_env = False  # or REQUESTS_CA_BUNDLE would take the place of our authority
session.verify = CA


def ask(method, path, **more):
    """One request; again when the gateway says later."""
    while True:
        answer = session.request(method, URL + path, timeout=60, **more)
        if answer.status_code not in (429, 503):
            return answer
        time.sleep(int(answer.headers.get("retry-after", 5)))


def fetch(message_id):
    """True when the message is on disk, now or from before, so that it may be receipted."""
    answer = ask("GET", f"/v1/messages/{message_id}")
    try:
        if answer.status_code != 200:  # it was withdrawn meanwhile, say
            raise TurnedDown(answer.status_code, answer.json().get("detail", answer.json()["title"]))
        signature = answer.headers["x-jws-signature"]
        envelope, new = take(answer.content, signature, KEYS, ORGANISATION, ENVIRONMENT, FOLDER)
        print("kept" if new else "repeat", int(envelope["sequence"]), envelope["id"], flush=True)
        return True
    except TurnedDown as reason:  # no receipt: it stays in the list, and somebody must look at it
        print("turned down", reason.status, reason, flush=True)
        return False


def one_round(wait):
    """Everything that waits, page by page, from the beginning: what is released later has a lower number. How many we took."""
    taken, query = 0, {"limit": 100, "wait": wait}
    while True:
        answer = ask("GET", "/v1/messages", params=query)
        answer.raise_for_status()
        page = answer.json()
        ids = [message["id"] for message in page["messages"] if fetch(message["id"])]
        if ids:
            for result in ask("POST", "/v1/receipts", json={"ids": ids}).json()["results"]:
                if result["result"] not in ("received", "already-received"):
                    print("no receipt for", result["id"], result["result"], flush=True)
        taken += len(ids)
        if "next" not in page:
            return taken, len(page["messages"])
        query["after"] = page["next"]


def explain_gaps():
    """Of numbers that we lack, the gateway says what became of them."""
    for first, last in gaps(FOLDER):
        query = {"from": first, "to": last}
        while query:
            page = ask("GET", "/v1/messages/missing", params=query).json()
            for one in page["numbers"]:
                print(f"missing {int(one['first'])}-{int(one['last'])}: {one['state']} {one.get('reason', '')}", flush=True)
            query = {"from": page["next"], "to": last} if "next" in page else None


make_folder(FOLDER)
once = sys.argv[1:] == ["once"]
while True:
    try:
        taken, listed = one_round(0 if once else 30)  # with nothing there, the answer comes when there is something
        if taken:
            explain_gaps()
        if once and not taken:
            break
        if listed and not taken:  # only what we cannot take: not again at once
            time.sleep(60)
    except OSError as error:  # the gateway or the disk; requests' exceptions are among them. What was kept stays kept
        if once:
            raise
        print("not now:", error, flush=True)
        time.sleep(10)
