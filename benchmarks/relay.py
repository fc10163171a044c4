"""A slow network link in front of a port on loopback: ``python -m benchmarks.relay PORT``.

It prints its own port and relays connections until its standard input ends. Each direction of the link has one rate,
shared by all connections, and half of the round trip as delay. The first bytes of a connection travel one round trip
later, because a real connection costs that. TCP's slow start and lost packets are not imitated.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK_BYTES = 16 * 1024
BACKLOG = 64
Delivery = tuple[float, Optional[bytes]]


@dataclass
class Direction:
    """One direction of the link; ``free_at`` is when the last byte that was accepted has left."""

    bytes_per_second: float
    delay_seconds: float
    free_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def leave(self, size: int, ready_at: float) -> float:
        """Return when the last byte of a block has left, after all blocks before it."""
        with self.lock:
            self.free_at = max(ready_at, self.free_at) + size / self.bytes_per_second
            return self.free_at


def main(arguments: Sequence[str]) -> None:
    """Relay connections until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, help="port on loopback that the link leads to")
    parser.add_argument("--round-trip", type=float, default=0.06, help="seconds")
    parser.add_argument("--megabits", type=float, default=20.0, help="megabits per second in each direction")
    options = parser.parse_args(arguments)
    up, down = (Direction(options.megabits * 1e6 / 8, options.round_trip / 2) for _ in range(2))
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        threading.Thread(target=accept, args=[listener, options.port, up, down], daemon=True).start()
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()


def accept(listener: socket.socket, port: int, up: Direction, down: Direction) -> None:
    """Connect every client to ``port`` and relay both directions."""
    while True:
        client, _ = listener.accept()
        connected_at = time.monotonic() + up.delay_seconds + down.delay_seconds
        server = socket.create_connection(("127.0.0.1", port))
        for source, target, direction in ((client, server, up), (server, client, down)):
            target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=relay, args=[source, target, direction, connected_at], daemon=True).start()


def relay(source: socket.socket, target: socket.socket, direction: Direction, connected_at: float) -> None:
    """Read blocks no faster than they can leave, until ``source`` ends."""
    deliveries: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
    threading.Thread(target=deliver, args=[deliveries, target], daemon=True).start()
    with contextlib.suppress(OSError):
        while block := source.recv(BLOCK_BYTES):
            left_at = direction.leave(len(block), max(time.monotonic(), connected_at))
            deliveries.put((left_at + direction.delay_seconds, block))
            sleep_until(left_at)
    deliveries.put((time.monotonic() + direction.delay_seconds, None))


def deliver(deliveries: queue.SimpleQueue[Delivery], target: socket.socket) -> None:
    """Write each block when it arrives; None ends the direction."""
    with contextlib.suppress(OSError):
        while True:
            arrives_at, block = deliveries.get()
            sleep_until(arrives_at)
            if block is None:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(block)


def sleep_until(moment: float) -> None:
    """Sleep until this moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1:])
