# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a host is to stop, from what was read of it over time. Pure. What is not known counts against stopping."""

from __future__ import annotations

from collections.abc import Sequence

from model import Job, Sample, Settings, Verdict

MINUTE = 60

History = Sequence[Sample]


def decide(history: History, settings: Settings) -> Verdict:
    """The verdict.

    Args:
        history: what was read since the host started, the oldest first; the last one is of now.
        settings: when a host counts as idle.

    Raises:
        ValueError: nothing was read.
    """
    if not history:
        raise ValueError("nothing was read")
    now = history[-1]
    stalled = tuple(job.name for job in now.jobs if is_stalled(job, history, settings))
    idle = now.time - max([0.0, *(min(use.last, now.time) for use in now.uses)])
    watched = span(history, settings.idle_minutes * MINUTE)
    against = [
        *(f"can't be sure, {reason}" for reason in now.unread),
        *_used(now, settings),
        *_running(now, settings, stalled),
        *_working(watched, settings),
    ]
    if not against and not watched:
        known = now.time - history[0].time
        against = [f"unused for {_minutes(idle)}, but watched for {_minutes(known)} only of {settings.idle_minutes:g}"]
    never = "" if any(sample.uses for sample in history) else " since it started"
    reasons = against or [f"not used for {_minutes(idle)}{never}, and nothing runs"]
    return Verdict(not against, tuple(reasons), round(idle / MINUTE, 1), stalled)


def span(history: History, seconds: float) -> History:
    """What was read over the last seconds, from the last sample before them on; nothing where there is none."""
    begin = history[-1].time - seconds
    before = [at for at, sample in enumerate(history) if sample.time <= begin]
    return history[before[-1] :] if before else ()


def kept(history: History, settings: Settings) -> History:
    """What of the history later verdicts need."""
    return span(history, max(settings.idle_minutes, settings.stalled_minutes) * MINUTE) or history


def is_stalled(job: Job, history: History, settings: Settings) -> bool:
    """Whether a job has run for the stalled minutes without using processor, disk, network or GPU."""
    watched = span(history, settings.stalled_minutes * MINUTE)
    seen = [one for sample in watched for one in sample.jobs if one.key == job.key]
    if not seen or len(seen) < len(watched):
        return False
    seconds = watched[-1].time - watched[0].time
    percent = 100 * (seen[-1].cpu - seen[0].cpu) / seconds
    moved = (seen[-1].moved - seen[0].moved) / seconds
    works = percent >= settings.job_percent or moved >= settings.job_bytes
    return not works and not (job.gpu and _gpu(watched) >= settings.gpu_percent)


def _minutes(seconds: float) -> str:
    return f"{seconds / MINUTE:.0f} minutes"


def _used(now: Sample, settings: Settings) -> list[str]:
    """Who used the host lately."""
    recent = [use for use in now.uses if now.time - use.last < settings.idle_minutes * MINUTE]
    return [f"{use.name} was used {_minutes(max(0.0, now.time - use.last))} ago" for use in recent]


def _running(now: Sample, settings: Settings, stalled: Sequence[str]) -> list[str]:
    """What runs. A job that does no work holds the host, too: nobody knows what it waits for."""
    nothing = f"and has done nothing for {settings.stalled_minutes:g} minutes, look after it"
    return [f"{job.name} runs {nothing}" if job.name in stalled else f"{job.name} runs" for job in now.jobs]


def _gpu(watched: History) -> float:
    """Per cent of the busiest GPU, on average."""
    shares = [sample.gpu for sample in watched if sample.gpu is not None]
    return sum(shares) / len(shares) if shares else 0.0


def _working(watched: History, settings: Settings) -> list[str]:
    """What processor and GPU did, on average."""
    if not watched:
        return []
    seconds = watched[-1].time - watched[0].time
    cpu, gpu = 100 * (watched[-1].cpu - watched[0].cpu) / seconds, _gpu(watched)
    over = f"on average over {_minutes(seconds)}"
    lines = [f"the processor works, {cpu:.0f} % of a core {over}"] if cpu >= settings.cpu_percent else []
    return lines + ([f"a GPU works, {gpu:.0f} % {over}"] if gpu >= settings.gpu_percent else [])
