"""Receives what a Kuvert gateway pushes: an HTTPS endpoint that lets in the gateway and nobody else. Settings: README.md."""

import hashlib
import json
import os
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from envelopes import Keys, TurnedDown, make_folder, take

CA, FOLDER = os.environ["CA"], os.environ["FOLDER"]
ORGANISATION, ENVIRONMENT = os.environ["ORGANISATION"], os.environ["ENVIRONMENT"]
CLIENT = os.environ["CLIENT"]
KEYS = Keys(os.environ["GATEWAY"] + "/.well-known/jwks.json", CA)
MOST_BYTES = 32 * 1024 * 1024


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # a client that says nothing for so long is hung up on

    def do_POST(self):
        try:
            self.allow()
            envelope, new = take(self.body(), self.headers["x-jws-signature"], KEYS, ORGANISATION, ENVIRONMENT, FOLDER)
            print("kept" if new else "repeat", int(envelope["sequence"]), envelope["id"], flush=True)
            # The status is our receipt: the message is on disk. A repeat is fine, too.
            self.answer(200, {"id": envelope["id"]})
        except TurnedDown as reason:
            print("turned down", reason.status, reason, flush=True)
            self.answer(reason.status, {"title": "turned down", "detail": str(reason)})
        except Exception as error:  # the disk is full, the key set is not there: ours to mend, and it must come again
            print("turned down", 503, repr(error), flush=True)
            self.answer(503, {"title": "not now"})

    def allow(self):
        """TLS has let in those whom the authority has issued a certificate; of them we want one."""
        fingerprint = hashlib.sha256(self.connection.getpeercert(binary_form=True)).hexdigest()
        if fingerprint != CLIENT:
            raise TurnedDown(401, f"the certificate {fingerprint} may not deliver here")

    def body(self):
        length = int(self.headers.get("content-length", 0))
        if length > MOST_BYTES:
            raise TurnedDown(413, f"more than {MOST_BYTES} bytes")
        body = self.rfile.read(length)
        self.read_whole = True
        return body

    read_whole = False

    def answer(self, status, said):
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("content-length", str(len(data)))
        if not self.read_whole:  # what is left of the body would look like the next request
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.read_whole = False

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        print("connection failed:", sys.exc_info()[1], flush=True)


tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=CA)
tls.verify_mode = ssl.CERT_REQUIRED
tls.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
make_folder(FOLDER)
server = Server((os.environ.get("HOST", ""), int(os.environ["PORT"])), Receiver)
# The handshake in the connection's own thread, or one slow client would keep all others waiting.
server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("listening on", server.server_port, flush=True)
server.serve_forever()
