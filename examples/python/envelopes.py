"""Envelopes of a Kuvert gateway: verified before they are believed, kept on disk. push_receiver.py and pull_client.py use this."""

import base64
import hashlib
import json
import os
import re
import tempfile
import threading
import time

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


class TurnedDown(Exception):
    """Why an envelope is not taken. `status` is what who pushes it is told: 4xx never again, 503 come back."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status


class Keys:
    """The sender's keys. The set is fetched anew for a key that is not in it, but at most once a minute: anybody can
    write a signature that names a key."""

    def __init__(self, url, ca):
        self.url, self.ca = url, ca
        self.keys, self.fetched_at = {}, 0.0
        self.lock = threading.Lock()

    def find(self, kid):
        with self.lock:
            if kid not in self.keys and (not self.keys or time.monotonic() - self.fetched_at > 60):
                self.fetched_at = time.monotonic()
                answer = requests.get(self.url, verify=self.ca, timeout=10)
                answer.raise_for_status()
                self.keys = {jwk["kid"]: public_key(jwk) for jwk in answer.json()["keys"] if jwk.get("crv") == "P-256"}
            return self.keys.get(kid)


def public_key(jwk):
    x, y = (int.from_bytes(from_base64url(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(body, signature, keys):
    """The envelope as a dict, if one of the sender's keys has signed exactly these bytes. Nothing is read out of them before.

    The signature is a detached JWS over the body as it is (RFC 7515 appendix F, RFC 7797): `header..signature`.
    """
    try:
        encoded, payload, value = (signature or "").split(".")
        header, raw = json.loads(from_base64url(encoded)), from_base64url(value)
        # The header decides nothing: it is as agreed, or there is no signature.
        good = payload == "" and (header["alg"], header["b64"], header["crit"]) == ("ES256", False, ["b64"])
        kid = str(header["kid"])
    except (ValueError, KeyError, TypeError):
        good = False
    if not good or len(raw) != 64:
        raise TurnedDown(400, "there is no signature such as was agreed")
    key = keys.find(kid)
    if key is None:
        raise TurnedDown(503, f"the key {kid} is not in the key set")
    # On the wire r and s stand side by side; the library wants them in DER.
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(der, encoded.encode() + b"." + body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise TurnedDown(400, "the signature is not that of these bytes") from None
    try:
        return json.loads(body)
    except ValueError:  # ours to mend: it comes again, or stays in the list
        raise TurnedDown(503, "the envelope is genuine and no JSON; ask for the format CloudEvents") from None


def take(body, signature, keys, organisation, environment, folder):
    """Verifies an envelope and keeps it. When this returns it is on disk: answer 2xx, or send the receipt.

    Returns the envelope, and whether it is new (False: it came before). For addresses whose format is CloudEvents.
    """
    # 1. Genuine?
    envelope = verify(body, signature, keys)
    try:
        addressed = envelope["recipientorgnumber"], envelope["environment"]
        document = base64.b64decode(envelope["data_base64"], validate=True)
        name, sha256 = f"{envelope['sequence']}-{envelope['id']}", envelope["documentsha256"]
    except (ValueError, KeyError, TypeError) as error:  # genuine, and newer than we are, say: ours to mend
        raise TurnedDown(503, f"the envelope cannot be read: {error!r}") from None
    # 2. Ours? Another's message must be neither read nor confirmed.
    if addressed != (organisation, environment):
        raise TurnedDown(422, f"this is for {addressed}")
    if hashlib.sha256(document).hexdigest() != sha256:
        raise TurnedDown(400, "documentsha256 is not that of the document")
    # 3. A repeat? The same id never comes with other bytes.
    if not re.fullmatch(r"\d{20}-[0-9a-f-]{36}", name) or int(name[:20]) >= 2**63:
        raise TurnedDown(503, f"sequence or id is not what it should be: {name}")
    kept = os.path.join(folder, f"{name}.json")
    if os.path.exists(kept):
        with open(kept, "rb") as file:
            if file.read() == body:
                sync(folder)  # who kept it may have been stopped just before this
                return envelope, False
        raise TurnedDown(409, f"{envelope['id']} came before with other bytes")
    # 4. On disk, the envelope last: that file says that all of it is there.
    write(os.path.join(folder, f"{name}.document"), document)
    write(os.path.join(folder, f"{name}.jws"), signature.encode())
    write(kept, body)
    return envelope, True


def write(path, data):
    """Never half a file under its name, and never gone after a power loss: file, name, folder."""
    folder = os.path.dirname(path)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except OSError:  # the disk is full, say: what is half must not take more of it at each try
            os.unlink(file.name)
            raise
    sync(folder)


def make_folder(path):
    """A folder stands in the one above it: until that is on disk, too, a power loss takes it with all that is in it."""
    path = os.path.abspath(path)
    parent = os.path.dirname(path)
    if not os.path.isdir(parent):
        make_folder(parent)
    os.makedirs(path, exist_ok=True)
    sync(parent)


def sync(folder):
    listing = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)


def numbers(folder):
    """Those that have come."""
    return {int(name[:20]) for name in os.listdir(folder) if re.fullmatch(r"\d{20}-[0-9a-f-]{36}\.json", name)}
