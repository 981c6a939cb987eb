"""Fetches what a Kuvert gateway has for us, as it comes; with the argument `once`: what waits now. Settings: README.md."""

import os
import re
import sys
import time

import requests

from envelopes import Keys, TurnedDown, make_folder, numbers, take

URL, CA, FOLDER = os.environ["GATEWAY"], os.environ["CA"], os.environ["FOLDER"]
ORGANISATION, ENVIRONMENT = os.environ["ORGANISATION"], os.environ["ENVIRONMENT"]
KEYS = Keys(URL + "/.well-known/jwks.json", CA)

session = requests.Session()
session.cert = (os.environ["CERTIFICATE"], os.environ["KEY"])  # who we are: nothing else says it
session.trust_env = False  # or REQUESTS_CA_BUNDLE would take the place of our authority
session.verify = CA


def ask(method, path, **more):
    """One request; again, up to four times, when the gateway says later. Once more when the connection breaks: everything
    that we ask may be asked twice, a receipt whose answer was lost too."""
    for failures in range(5):
        try:
            answer = session.request(method, URL + path, timeout=60, **more)
        except requests.RequestException:
            answer = session.request(method, URL + path, timeout=60, **more)
        if answer.status_code not in (429, 503) or failures == 4:
            return answer
        asked = answer.headers.get("retry-after", "")
        seconds = min(int(asked), 600) if re.fullmatch(r"\d{1,9}", asked) else 0  # it may be a date, which we do not read
        time.sleep(seconds if seconds and answer.status_code == 429 else max(seconds, pause(failures)))


def ask_json(method, path, **more):
    answer = ask(method, path, **more)
    answer.raise_for_status()
    return answer.json()


def pause(failures):
    """Seconds: 5, 10, 20, 40, 60, 60 …"""
    return min(5 * 2 ** min(failures, 4), 60)


def fetch(message_id):
    """True when the message is on disk, now or from before, so that it may be receipted."""
    try:
        answer = ask("GET", f"/v1/messages/{message_id}")
        if answer.status_code != 200:  # it was withdrawn meanwhile, say
            raise TurnedDown(answer.status_code, answer.text[:500])
        signature = answer.headers.get("x-jws-signature")
        envelope, new = take(answer.content, signature, KEYS, ORGANISATION, ENVIRONMENT, FOLDER)
        print("kept" if new else "repeat", int(envelope["sequence"]), envelope["id"], flush=True)
        return True
    except TurnedDown as reason:  # no receipt: it stays in the list, and somebody must look at it
        print("turned down", reason.status, reason, flush=True)
    except Exception as error:  # it broke off, say, or it cannot be written: others stand behind it; the next round tries it again
        print("not now", message_id, repr(error), flush=True)
    return False


def one_round(wait):
    """Everything that waits, page by page, from the beginning: what is released later has a lower number. How many we took,
    and how many there were."""
    taken, listed, query = 0, 0, {"limit": 100, "wait": wait}
    while True:
        page = ask_json("GET", "/v1/messages", params=query)
        ids = [message["id"] for message in page["messages"] if fetch(message["id"])]
        if ids:
            for result in ask_json("POST", "/v1/receipts", json={"ids": ids})["results"]:
                if result["result"] not in ("received", "already-received"):
                    print("no receipt for", result["id"], result["result"], flush=True)
        taken += len(ids)
        listed += len(page["messages"])
        if "next" not in page:
            return taken, listed
        query["after"] = page["next"]


class Gaps:
    """Of numbers that we lack, the gateway says what became of them. It is asked of new ones, and once an hour of all from
    the first whose story is not over."""

    asked_to, open_from, all_again_at = 0, 1, 0.0

    def __init__(self):
        self.said = {}

    def explain(self):
        have = numbers(FOLDER)
        last = max(have, default=0)
        if time.monotonic() >= self.all_again_at:
            self.asked_to, self.open_from = self.open_from - 1, last + 1
            self.all_again_at = time.monotonic() + 3600
        first = self.asked_to + 1
        while first in have:
            first += 1
        query = {"from": first, "to": last} if first <= last else None
        while query:
            page = ask_json("GET", "/v1/messages/missing", params=query)
            for one in page["numbers"]:
                self.tell(int(one["first"]), int(one["last"]), one, have)
            query = {"from": page["next"], "to": last} if "next" in page else None
        self.asked_to = last
        self.said = {number: line for number, line in self.said.items() if number >= self.open_from}

    def tell(self, first, last, one, have):
        if all(number in have for number in range(first, last + 1)):
            return
        line = f"missing {first}-{last}: {one['state']} {one.get('reason', '')}"
        if self.said.get(first) != line:
            print(line, flush=True)
        self.said[first] = line
        if one["state"] not in ("delivered", "cancelled", "void"):
            self.open_from = min(self.open_from, first)


make_folder(FOLDER)
once = sys.argv[1:] == ["once"]
gaps, failures = Gaps(), 0
while True:
    try:
        taken, listed = one_round(0 if once else 30)  # with nothing there, the answer comes when there is something
        if taken:
            gaps.explain()
        if once and not taken:
            sys.exit(f"{listed} still wait: see above" if listed else 0)
        failures = 0
        if listed and not taken:  # only what we cannot take: not again at once
            time.sleep(60)
    except Exception as error:  # the gateway, what it answers, the disk: it may be better later. What was kept stays kept
        if once:
            raise
        print("not now:", repr(error), flush=True)
        time.sleep(pause(failures))
        failures += 1
