"""Traffic: what sizes and times of the exchange with a live server say of who is real.

The attacker has the device and the server: it lets the device ask for every member of a set, each several
times in random order, and holds what the person's own request looked like against that. Three guesses:

* ``request``: members whose request body is the person's, byte for byte (``W(q)`` at equal seed; what the
  server sees);
* ``response``: members whose answer has the same size (what somebody on the way sees, TLS or not);
* ``time``: the member whose median time, from asking the device to the end of the answer, is nearest.

On a closed set the first two are ties, and the third is right as often as chance. Requests are for one
denoising step. Sources: Chen, Wang, Wang and Zhang, IEEE S&P 2010 (sizes); Kocher, CRYPTO 1996 (times).
"""

from __future__ import annotations

import os
import secrets
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

from obclip_privacy.audit.attackers.base import JOINT, Attack, Attacker, Guess, Setting
from obclip_privacy.audit.attackers.live_server import Exchange, LiveServer
from obclip_privacy.audit.observation import Observation
from obclip_privacy.policy.frozen import Json

#: How often each member is asked for, beside the person's own request.
ROUNDS = 3
#: Sets beyond this many are not sent: an audit is no load test.
MAX_SETS = 100
_TOKEN_VARIABLE = "OBCLIP_TOKEN"  # noqa: S105 - the name of a variable

_Make = Callable[[], "Mapping[str, Json] | None"]


def _trace(server: LiveServer, make: _Make) -> tuple[Exchange | None, float]:
    """What one asking of the device gives; nothing is sent if it refuses."""
    started = time.perf_counter()
    payload = make()
    exchange = server.send(payload) if payload is not None else None
    return exchange, time.perf_counter() - started


def guesses(server: LiveServer, own: _Make, members: Sequence[_Make]) -> list[Guess]:
    """The three guesses at one set, from its members' traces and that of the person's own request."""
    order = [(-1, own), *((index, make) for index, make in enumerate(members) for _ in range(ROUNDS))]
    secrets.SystemRandom().shuffle(order)
    traces: dict[int, list[tuple[Exchange | None, float]]] = {}
    for index, make in order:
        traces.setdefault(index, []).append(_trace(server, make))
    ((exchange, seconds),) = traces[-1]
    body, size = (exchange.body, exchange.bytes_down) if exchange else (b"", 0)
    bodies, sizes, times = [], [], []
    for index in range(len(members)):
        first = traces[index][0][0]
        bodies.append(float((first.body if first else b"") == body))
        sizes.append(float((first.bytes_down if first else 0) == size))
        times.append(-abs(statistics.median(taken for _, taken in traces[index]) - seconds))
    return [
        Guess(JOINT, tuple(bodies), "request bodies", "request"),
        Guess(JOINT, tuple(sizes), "sizes of answers", "response"),
        Guess(JOINT, tuple(times), "times", "time"),
    ]


def _prepare(setting: Setting) -> Attack | None:
    if not setting.server:
        return None
    server = LiveServer(setting.server, os.environ.get(_TOKEN_VARIABLE, ""))
    sent = 0

    def attack(seen: Observation) -> Sequence[Guess]:
        nonlocal sent
        if seen.again is None or seen.n < 2 or sent >= MAX_SETS:
            return ()
        sent += 1
        return guesses(server, seen.again.own, seen.again.members)

    return attack


TRAFFIC = Attacker(
    "traffic",
    "compares request bodies, sizes of answers and times over the set, against the server of --server",
    _prepare,
    needs="server",
    slow=True,
    noisy=True,
)
