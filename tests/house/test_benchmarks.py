"""The programs of ``benchmarks/`` run: ours with tiny counts, on the bundled server; the report on made-up figures.

Nothing here judges how fast anything is.
"""

import json
import random
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.request import Request
from xml.etree import ElementTree

import pytest

from benchmarks import soak
from benchmarks.cases import CASES
from benchmarks.clients.harness import CASES as COMMANDS
from benchmarks.machine import choose_processors, describe, most_connections
from benchmarks.peers import IMPORTS, PEERS, install
from benchmarks.plot import draw
from benchmarks.processes import ROOT, Addresses, ClientFailed, Servers, measure
from benchmarks.report import medians_of, render
from benchmarks.rounds import measure_import, rotated
from benchmarks.targets import TARGETS
from webqq.httpstream import ConnectionLost, HTTPStream

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificates with openssl")
SIZE = 300_000


@pytest.fixture(scope="module")
def servers() -> Iterator[Addresses]:
    with Servers((SIZE,), with_nginx=False) as addresses:
        yield addresses


def ours(servers: Addresses, variant: str, case: str, **options: object) -> dict[str, float]:
    arguments = [part for name, value in options.items() for part in ("--" + name, str(value))]
    return measure("ours", variant, case, arguments, servers.authority, 30)


@needs_openssl
@pytest.mark.parametrize("variant", ["callbacks", "fetch"])
def test_small_requests_are_counted(servers: Addresses, variant: str):
    said = ours(servers, variant, "small", url=servers.http + "/small", count=30, warmup=5)
    assert said["requests"] == 30
    assert said["cpu"] > 0


@needs_openssl
def test_requests_over_fresh_tls_connections(servers: Addresses):
    assert ours(servers, "callbacks", "small", url=servers.https + "/fresh", count=5, warmup=1)["requests"] == 5


@needs_openssl
@pytest.mark.parametrize("variant", ["callbacks", "fetch"])
def test_polls_are_held_and_woken(servers: Addresses, variant: str):
    options = {"control": servers.control, "count": 20, "wakes": 10, "idle": 0.05}
    said = ours(servers, variant, "polls", url=servers.polls, **options)
    assert said["polls"] == 20
    assert said["p50_us"] <= said["p99_us"]


@needs_openssl
def test_requests_beside_polls(servers: Addresses):
    options = {"control": servers.control, "small-url": servers.http + "/small", "count": 10, "warmup": 1}
    assert "cpu_7" in ours(servers, "callbacks", "beside", url=servers.polls_tls, steps="3,7", **options)


@needs_openssl
def test_download_is_whole(servers: Addresses):
    said = ours(servers, "fetch", "download", url=f"{servers.http}/body/{SIZE}", size=SIZE, count=1)
    assert said["requests"] == 1


@needs_openssl
def test_client_that_fails_says_why(servers: Addresses):
    with pytest.raises(ClientFailed, match=r"ConnectError|ConnectionLost"):
        ours(servers, "callbacks", "small", url="http://127.0.0.1:1/small", count=2)


@needs_openssl
def test_soak_finds_nothing_wrong(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", "")
    # Growth over a second is warm-up.
    monkeypatch.setattr(soak, "FLAT", 1 << 30)
    assert soak.main(["--minutes", "0.02", "--rate", "100", "--workers", "20"]) == 0, capsys.readouterr().out


def judged(ends: str, outcome: object) -> list[str]:
    """The faults of a request that may end so and did end like that."""
    run = soak.Soak(HTTPStream(), ["http://a"], random.Random(1), 0.0, 1, 0.0)  # noqa: S311  # nothing secret hangs on it
    run.judge(soak.Kind("/ok/3", ends), Request("http://a/ok/3"), outcome)
    run.stream.close()
    return run.faults


def test_soak_accepts_what_may_be():
    assert judged("answer", (200, b"3 3")) == []
    assert judged("error", ConnectionLost("gone")) == []


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ("answer", (200, b"4 4")),
        ("answer", (500, b"3 3")),
        ("answer", ConnectionLost("gone")),
        ("error", (200, b"3 3")),
        ("error", KeyError("not an error of the engine")),
    ],
)
def test_soak_notices_what_may_not_be(ends: str, outcome: object):
    assert len(judged(ends, outcome)) == 1


def test_soak_sees_memory_grow_and_not_its_noise():
    assert soak.Memory([(second, 1000 + 5 * second) for second in range(40)]).growth() == pytest.approx(5 * 29)
    assert soak.Memory([(second, 1000 + second % 2) for second in range(40)]).growth() == pytest.approx(0, abs=1)


def test_import_is_timed():
    assert measure_import("import json", None)["cpu"] >= 0
    with pytest.raises(ClientFailed, match="ModuleNotFoundError"):
        measure_import("import no_such_module", None)


def test_each_peer_comes_first_in_some_round():
    assert {next(iter(rotated(PEERS, number))) for number in range(len(PEERS))} == set(PEERS)


def test_peer_that_needs_nothing_installs_nothing():
    assert install([PEERS[0]]) == {}


def test_cases_and_peers_name_what_there_is():
    assert {case.command for case in CASES} - {"import"} == set(COMMANDS)
    for peer in PEERS:
        assert (ROOT / "benchmarks" / "clients" / f"{peer.module}.py").exists(), peer
    columns = {(case.name, metric.name) for case in CASES for metric in case.metrics}
    assert {(target.case, target.metric) for target in TARGETS} <= columns
    names = {peer.name for peer in (*PEERS, *IMPORTS)}
    assert {target.ours for target in TARGETS} <= names
    assert {name for case in CASES for name in case.leaves_out} <= names


def results(figure_of: dict[str, float]) -> dict[str, Any]:
    """Of the first case alone, with two rounds."""
    cases = {
        "small": {
            name: {"rounds": [{"cpu": cpu, "wall": cpu, "requests": 1e6}] * 2, "failures": []}
            for name, cpu in figure_of.items()
        }
    }
    return {"machine": {"System": "any"}, "rounds": 2, "polls": 5, "cases": cases}


def test_report_says_where_ours_is_not_ahead():
    text = render(results({"webqq, callbacks": 50.0, "aiohttp": 100.0, "pyreqwest": 40.0}))
    behind = text.partition("Where ours is not ahead")[2].partition("Not measured")[0]
    assert "webqq, callbacks 50.0; pyreqwest 40.0" in behind
    assert "- A small request: at most 1/5 of aiohttp's CPU" in behind


def test_report_is_silent_where_ours_is_ahead():
    text = render(results({"webqq, callbacks": 10.0, "aiohttp": 100.0}))
    assert "Ours is ahead of everyone in every column that was measured." in text
    assert "No target that was measured is missed." in text


def test_report_hides_no_failure():
    made = results({"webqq, callbacks": 10.0})
    made["cases"]["small"]["aiosonic"] = {"rounds": [], "failures": ["pip: no\nwheel for `this`"]}
    assert "aiosonic failed each time: ``pip: no wheel for 'this'``" in render(made)


def test_medians_leave_out_what_was_not_measured():
    assert set(medians_of(results({"aiohttp": 1.0}))) == {("small", "cpu", "aiohttp"), ("small", "wall", "aiohttp")}


def test_plot_is_an_image_with_a_bar_for_each():
    image = ElementTree.fromstring(draw(results({"webqq, callbacks": 10.0, "aiohttp": 1000.0, "aiosonic": 12.0})))  # noqa: S314  # drawn by ourselves
    labels = [element.text for element in image.iter("{http://www.w3.org/2000/svg}text")]
    assert labels[1:] == ["webqq, callbacks", "10.0", "aiosonic", "12.0", "aiohttp", "1,000.0 (cut)"]


def test_machine_is_described():
    facts = describe(2, ["tornado"], "nginx 1")
    assert json.dumps(facts)
    assert "tornado" in facts["Libraries"]
    assert most_connections() > 0
    clients, servers = choose_processors()
    assert clients is None or clients != servers
