"""The other end of the bench: takes any request and answers each like Invoke, as fast as it can.

One loop over epoll, no framework: it must not be what the clients wait for.
"""

from __future__ import annotations

import os
import select
import socket
import sys

BODY = (
    b'{"status":"confirmed","orderId":"bench-000001","currency":"EUR","total":"39.98",'
    b'"lineCount":1,"confirmedAt":"2026-01-01T00:00:00.000Z","contentDigest":"%b"}' % (b"0" * 64)
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n"
    b"x-amzn-RequestId: 11111111-2222-3333-4444-555555555555\r\n"
    b"X-Amzn-Trace-Id: Root=1-11111111-222222222222222222222222;Sampled=0\r\n"
    b"X-Amz-Executed-Version: 1\r\n\r\n%b"
) % (len(BODY), BODY)


def length(request: bytes) -> int:
    """Return how many bytes the first request takes, or 0 while that is not known."""
    end = request.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = request[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return end + 4
    line_end = head.find(b"\r\n", at + 2)
    return end + 4 + int(head[at + 17 : line_end if line_end > 0 else None])


def serve(listener: socket.socket) -> None:
    """Answer until the standard input ends."""
    poll = select.epoll()
    poll.register(listener.fileno(), select.EPOLLIN)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    partial: dict[int, bytes] = {}
    while True:
        for number, _ in poll.poll():
            connection = connections.get(number)
            if connection is not None:
                if not answer(connection, partial):
                    del connections[number]
                    partial.pop(number, None)
                    connection.close()
            elif number == listener.fileno():
                accepted, _ = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[accepted.fileno()] = accepted
                poll.register(accepted.fileno(), select.EPOLLIN)
            elif not os.read(sys.stdin.fileno(), 1):
                return


def answer(connection: socket.socket, partial: dict[int, bytes]) -> bool:
    """Answer every whole request that came; return whether the connection goes on."""
    number = connection.fileno()
    try:
        data = connection.recv(65_536)
        if not data:
            return False
        data = partial.pop(number, b"") + data
        while data:
            size = length(data)
            if not 0 < size <= len(data):
                partial[number] = data
                break
            connection.sendall(ANSWER)
            data = data[size:]
    except OSError:
        return False
    return True


def main() -> None:
    """Listen on a free port of loopback, print it, serve."""
    with socket.create_server(("127.0.0.1", 0), backlog=8_192) as listener:
        print(listener.getsockname()[1], flush=True)
        serve(listener)


if __name__ == "__main__":
    main()
