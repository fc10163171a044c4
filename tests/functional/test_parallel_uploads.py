"""Several uploads at a time: which go alone, which wait for which, and what ends them all."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, misbehaviours
from tests.support.misbehaviours import Answer, Delay, Meanwhile
from tests.support.publishing import publish, wait_for_posts
from travis_pypi_deploy import distributions, http
from travis_pypi_deploy.index import Published
from travis_pypi_deploy.servers import Server
from travis_pypi_deploy.upload.outcome import UploadContext
from travis_pypi_deploy.upload.uploader import Uploader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from tests.support.misbehaviours import Turn
    from travis_pypi_deploy.distributions import Distribution


@dataclass
class Watched:
    """Takes an upload as it should, a little later, and notes when it came and when it was about to be answered."""

    events: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def play(self, turn: Turn) -> None:
        name = getattr(turn.take(), "filename", "")
        with self.lock:
            self.events.append(("begin", name))
        time.sleep(0.1)
        with self.lock:
            self.events.append(("end", name))
        turn.go_on()

    @property
    def most_at_a_time(self) -> int:
        under_way = [0]
        for what, _ in self.events:
            under_way.append(under_way[-1] + (1 if what == "begin" else -1))
        return max(under_way)


def release(folder: Path, wheels: int) -> tuple[list[Path], Path]:
    return [factories.wheel(folder, tag=f"cp3{10 + number}-none-any") for number in range(wheels)], factories.sdist(
        folder
    )


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_the_first_goes_alone_then_so_many_at_a_time_and_the_sdist_last(
    tmp_path: Path, index: LoopbackIndex, jobs: int
) -> None:
    wheels, sdist = release(tmp_path, 9)
    watched = Watched()
    index.on_upload(*[watched] * 10)

    published = publish(index, [sdist, *wheels], "--jobs", str(jobs))

    first, last = wheels[0].name, sdist.name
    assert (published.code, published.err) == (0, "")
    assert watched.events[:2] == [("begin", first), ("end", first)]
    assert watched.events[-2:] == [("begin", last), ("end", last)]
    assert watched.most_at_a_time == jobs
    assert index.files == {path.name: path.read_bytes() for path in [*wheels, sdist]}


def test_the_first_that_is_really_sent_goes_alone(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels, _ = release(tmp_path, 4)
    index.preload(wheels[0])
    watched = Watched()
    index.on_upload(*[watched] * 3)

    publish(index, wheels)

    assert watched.events[:2] == [("begin", wheels[1].name), ("end", wheels[1].name)]


def test_the_table_and_the_report_keep_the_order_of_the_files(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels, sdist = release(tmp_path, 4)
    files = [sdist, *reversed(wheels)]
    index.preload(wheels[2])
    index.on_upload(Delay(0.3), filename=wheels[3].name)

    published = publish(index, files)

    outcome = re.compile(r"^  (\S+) +[0-9.]+ k?B  (\w+)", re.MULTILINE)
    in_order = [(path.name, "identical" if path == wheels[2] else "uploaded") for path in files]
    assert outcome.findall(command.FOLD_MARK.sub("", published.out)) == in_order
    assert [(name, result) for name, (result, _) in published.files.items()] == in_order


def test_after_a_final_failure_nothing_new_starts_and_what_is_under_way_ends(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    wheels, sdist = release(tmp_path, 5)
    rejected = misbehaviours.rejected(400, "Invalid.")
    index.on_upload(Meanwhile(lambda: wait_for_posts(index, 3), then=rejected), filename=wheels[1].name)
    index.on_upload(Delay(1), filename=wheels[2].name)

    published = publish(index, [*wheels, sdist], "--jobs", "2")

    assert published.code == 1
    assert published.files == {
        wheels[0].name: ("uploaded", 1),
        wheels[1].name: ("rejected", 1),
        wheels[2].name: ("uploaded", 1),
        wheels[3].name: ("not attempted", 0),
        wheels[4].name: ("not attempted", 0),
        sdist.name: ("not attempted", 0),
    }
    assert list(index.files) == [wheels[0].name, wheels[2].name]
    assert f"{wheels[1].name}: rejected with status 400: Invalid" in published.err


def test_a_release_that_broke_off_is_completed_by_the_same_job_run_again(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels, sdist = release(tmp_path, 2)
    index.on_upload(misbehaviours.rejected(403, "Not now."), filename=wheels[1].name)

    first, second = publish(index, [*wheels, sdist]), publish(index, [*wheels, sdist])

    assert (first.code, second.code) == (1, 0)
    assert second.files == {
        wheels[0].name: ("identical", 0),
        wheels[1].name: ("uploaded", 1),
        sdist.name: ("uploaded", 1),
    }


def uploader(
    paths: Sequence[Path],
    index: LoopbackIndex,
    *,
    published: Callable[[Distribution], Published] = lambda distribution: Published.UNKNOWN,
    warn: Callable[[str], None] = lambda sentence: None,
    retries: int = 0,
) -> Uploader:
    context = UploadContext(
        server=Server(name="private", upload_url=index.upload_url),
        client=http.Client(index.url),
        timeout=5,
        skip_existing=False,
        credentials=None,
        retries=retries,
        published=published,
        warn=warn,
        is_certain=False,
    )
    return Uploader([distributions.read(path) for path in paths], context, jobs=2)


def test_a_defect_in_a_thread_is_raised_after_the_others_have_ended(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels, _ = release(tmp_path, 4)

    def published(_: Distribution) -> Published:
        raise ZeroDivisionError("in our code")

    index.on_upload(Delay(0), Delay(0.5), Answer(507, "Full"))
    uploads = uploader(wheels, index, published=published)

    with pytest.raises(ZeroDivisionError, match="in our code"):
        uploads.run()

    outcomes = sorted(result.outcome.value for result in uploads.results)
    assert outcomes == ["unknown", "uploaded", "uploaded"]


def test_the_status_says_what_is_waited_for_and_takes_bytes_back(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.big_wheel(tmp_path, 3)
    index.on_upload(misbehaviours.busy("1"), Delay(1))
    uploads = uploader([wheel], index, retries=1)
    seen: list[str] = []

    with ThreadPoolExecutor() as threads:
        running = threads.submit(uploads.run)
        while not running.done():
            seen.append(uploads.status())
            time.sleep(0.01)
        running.result()

    assert f"Sent 0 of 3 MB, waiting for the next attempt to upload {wheel.name}" in seen
    assert f"Sent 3 of 3 MB, waiting for the answer to {wheel.name} for 0 s" in seen
    assert uploads.status() == "Sent 3 of 3 MB"


def test_the_first_attempt_does_not_wait_for_the_next_one(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(Delay(0.5))
    uploads = uploader([wheel], index)
    seen: set[str] = set()

    with ThreadPoolExecutor() as threads:
        running = threads.submit(uploads.run)
        while not running.done():
            seen.add(uploads.status().partition(", ")[2].rpartition(" for ")[0])
            time.sleep(0.01)
        running.result()

    waiting = f"waiting for the answer to {wheel.name}"
    assert waiting in seen
    assert seen <= {"", waiting}
