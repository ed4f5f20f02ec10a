"""A long poll, a heartbeat and a few sends on one thread: what the engine was made for.

The program talks to a small server of its own, on a thread, and ends by itself.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from urllib.request import Request

from webqq.httpstream import HTTPStream


class Mailbox(BaseHTTPRequestHandler):
    """GET /poll waits for the next letter; POST /send brings one; GET /beat is there to be asked."""

    protocol_version = "HTTP/1.1"
    letters: SimpleQueue[str] = SimpleQueue()

    def do_GET(self) -> None:
        self.answer(self.letters.get() if self.path == "/poll" else "alive")

    def do_POST(self) -> None:
        self.letters.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer("sent")

    def answer(self, text: str) -> None:
        body = json.dumps(text).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mailbox)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}"
    stream = HTTPStream()

    def polled(response):
        letter = response.json()
        print("got", letter)
        if letter == "the end":
            stream.stop()
            return None
        return Request(home + "/poll"), polled  # ask for the next one at once

    def beaten(response):
        return Request(home + "/beat"), beaten, 0.05  # once more after a while

    def sent(response):
        print("sent:", response.status)

    stream.add_request(Request(home + "/poll"), polled, lambda error: stream.stop())
    stream.add_request(Request(home + "/beat"), beaten)
    for number, letter in enumerate(["one", "two", "the end"]):
        stream.add_delay_request(Request(home + "/send", letter.encode()), sent, delay=0.1 * number)
    stream.start()
    stream.close()
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
