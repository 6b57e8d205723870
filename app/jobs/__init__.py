"""Every job, what each hears of, and every scan: the relay makes jobs of events by this table."""

from app.jobs import coherence, growth, messaging, notifications, risk, scheduling, sessions, webhooks
from app.jobs.deliveries import DELIVERING
from app.jobs.job import Job, Scan

JOBS: tuple[Job, ...] = (
    notifications.NOTIFY,
    *DELIVERING,
    *messaging.SENDING,
    scheduling.IMPORT,
    scheduling.TELL_OF_FAILED,
    coherence.FILL_SESSIONS,
    *growth.JOBS,
    *webhooks.JOBS,
    *risk.JOBS,
)

SCANS: tuple[Scan, ...] = (
    notifications.REMIND,
    notifications.PRUNE,
    sessions.REMIND_OF_PLANS,
    scheduling.DUE,
    *webhooks.SCANS,
    *growth.SCANS,
    risk.ESCALATE_DUE,
)


def heard_by() -> dict[str, list[str]]:
    """Of each event's name, the jobs that hear of it."""
    heard: dict[str, list[str]] = {}
    for job in JOBS:
        for event in job.hears:
            heard.setdefault(event.__name__, []).append(job.name)
    return heard
