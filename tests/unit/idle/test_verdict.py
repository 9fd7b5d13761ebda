# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a host stops, and why it does not: by example, and for whatever else could be read."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model import Job, Sample, Settings, Use
from verdict import decide, is_stalled, kept, span

SETTINGS = Settings(idle_minutes=30, stalled_minutes=20)
HOUR = 60


def watched(minutes: float = HOUR, **now) -> list[Sample]:
    """A sample a minute, from one minute after the start on, in which nothing happened; the last one is `now`."""
    history = [Sample(time=60.0 * minute, cpu=0.2 * minute) for minute in range(1, int(minutes) + 1)]
    return [*history[:-1], replace(history[-1], **now)]


def job(history: list[Sample], cpu: float = 0, moved: float = 0, **more) -> list[Sample]:
    """The same history with a job in each sample, which uses so much each minute."""
    return [
        replace(sample, jobs=(Job("1:1", "python train.py (1)", cpu * at, moved * at, **more),))
        for at, sample in enumerate(history)
    ]


def test_a_host_that_nobody_ever_opened_stops():
    verdict = decide(watched(31), SETTINGS)
    assert verdict.stop
    assert verdict.sentence() == "Stop: not used for 31 minutes since it started, and nothing runs."


def test_it_stays_until_it_was_watched_for_long_enough():
    assert decide(watched(30), SETTINGS).sentence() == "Stay: unused for 30 minutes, but watched for 29 minutes only of 30."
    assert not decide([Sample(time=100 * HOUR * 60)], SETTINGS).stop


@pytest.mark.parametrize(("ago", "stops"), [(0, False), (29.9, False), (30, True), (50, True)])
@pytest.mark.parametrize("name", ["kernel 0a1b2c3d", "JupyterLab's terminal 1", "SSH session of ec2-user", "SSM session of ssm-user"])
def test_a_use_counts_for_the_idle_minutes(name, ago, stops):
    history = watched(uses=(Use(name, 3600 - 60 * ago),))
    verdict = decide(history, SETTINGS)
    assert verdict.stop is stops
    assert verdict.idle_minutes == ago
    assert stops or verdict.reasons == (f"{name} was used {ago:.0f} minutes ago",)


def test_a_job_that_works_keeps_the_host():
    for use in ({"cpu": 30}, {"moved": 10_000_000}):
        verdict = decide(job(watched(), **use), SETTINGS)
        assert verdict.reasons == ("python train.py (1) runs",)
        assert verdict.stalled == ()


def test_a_job_that_does_nothing_is_told_and_keeps_the_host():
    verdict = decide(job(watched()), SETTINGS)
    assert not verdict.stop
    assert verdict.stalled == ("python train.py (1)",)
    assert verdict.reasons == ("python train.py (1) runs and has done nothing for 20 minutes, look after it",)


def test_a_job_that_is_new_is_not_stalled():
    history = watched()
    young = [*history[:-5], *job(history)[-5:]]
    assert decide(young, SETTINGS).stalled == ()


def test_another_job_of_the_same_number_is_not_the_same():
    history = job(watched())
    other = replace(history[-1], jobs=(replace(history[-1].jobs[0], key="1:2"),))
    assert decide([*history[:-1], other], SETTINGS).stalled == ()


def test_a_job_that_waits_for_its_gpu_works():
    history = [replace(sample, gpu=90.0) for sample in job(watched(), gpu=True)]
    assert decide(history, SETTINGS).stalled == ()
    assert decide([replace(sample, gpu=0.0) for sample in history], SETTINGS).stalled != ()


def test_the_processor_keeps_the_host_on_average_only():
    busy = [replace(sample, cpu=sample.cpu + 60 * 0.2 * at) for at, sample in enumerate(watched())]
    assert "the processor works, 20 % of a core on average over 30 minutes" in decide(busy, SETTINGS).reasons
    # A minute of housekeeping is no work.
    once = [replace(sample, cpu=sample.cpu + (60 if at > 50 else 0)) for at, sample in enumerate(watched())]
    assert decide(once, SETTINGS).stop


def test_a_gpu_keeps_the_host():
    verdict = decide([replace(sample, gpu=40.0) for sample in watched()], SETTINGS)
    assert verdict.reasons == ("a GPU works, 40 % on average over 30 minutes",)
    assert decide([replace(sample, gpu=1.0) for sample in watched()], SETTINGS).stop


def test_a_gap_is_no_proof_that_nothing_happened_since():
    history = watched(120)
    gap = [*history[:10], history[-1]]
    assert span(gap, 30 * 60)[0] == history[9]
    assert decide(gap, SETTINGS).stop, "what happened in between is in the counters and in the times of the last use"


def test_nothing_read_is_no_verdict():
    with pytest.raises(ValueError, match="nothing was read"):
        decide([], SETTINGS)


times = st.floats(0, 10_000)
jobs = st.builds(Job, st.sampled_from("abc"), st.sampled_from(["x", "y"]), times, st.floats(0, 1e9), st.booleans())
samples = st.builds(
    Sample,
    times,
    st.floats(0, 1e5),
    st.none() | st.floats(0, 100),
    st.lists(st.builds(Use, st.sampled_from(["kernel", "SSH session"]), times), max_size=3).map(tuple),
    st.lists(jobs, max_size=3).map(tuple),
    st.lists(st.just("JupyterLab does not tell"), max_size=1).map(tuple),
)
histories = st.lists(samples, min_size=1, max_size=8, unique_by=lambda sample: sample.time).map(
    lambda found: sorted(found, key=lambda sample: sample.time)
)
settings = st.builds(Settings, st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0, 50), st.floats(0, 50))


@given(histories, settings)
def test_there_is_always_a_reason(history, chosen):
    verdict = decide(history, chosen)
    assert all(verdict.reasons)
    assert verdict.idle_minutes >= 0


@given(histories, settings)
def test_it_stops_only_where_all_was_read_and_nothing_was_used_or_ran(history, chosen):
    now = history[-1]
    if decide(history, chosen).stop:
        assert not now.unread
        assert not now.jobs
        assert all(now.time - use.last >= 60 * chosen.idle_minutes for use in now.uses)
        assert now.time - history[0].time >= 60 * chosen.idle_minutes


@given(histories, settings, st.sampled_from(["unread", "job", "use"]))
def test_whatever_goes_on_besides_never_makes_it_stop(history, chosen, what):
    now = history[-1]
    more = {
        "unread": {"unread": (*now.unread, "the processes do not tell")},
        "job": {"jobs": (*now.jobs, Job("z", "z"))},
        "use": {"uses": (*now.uses, Use("kernel", now.time))},
    }[what]
    assert not decide([*history[:-1], replace(now, **more)], chosen).stop


@given(histories, settings)
def test_what_is_forgotten_changes_no_verdict(history, chosen):
    whole, part = decide(history, chosen), decide(kept(history, chosen), chosen)
    assert (whole.stop, whole.stalled, whole.idle_minutes) == (part.stop, part.stalled, part.idle_minutes)


@given(histories, settings)
def test_stalled_jobs_run_and_hold_the_host(history, chosen):
    verdict = decide(history, chosen)
    assert set(verdict.stalled) <= {one.name for one in history[-1].jobs}
    assert not (verdict.stalled and verdict.stop)


@given(jobs, histories, settings)
def test_a_job_that_was_not_seen_all_the_time_is_not_stalled(one, history, chosen):
    first = history[0]
    unseen = [replace(first, jobs=tuple(job for job in first.jobs if job.key != one.key)), *history[1:]]
    watched_since = span(unseen, 60 * chosen.stalled_minutes)
    if watched_since and watched_since[0] is unseen[0]:
        assert not is_stalled(one, unseen, chosen)


@given(samples)
def test_a_sample_survives_being_kept(sample):
    assert Sample.load(asdict(sample)) == sample
