"""Which queue takes a topic, how soon, in which language, when it is open, how long the wait is: data, read purely."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from wallet_core.datafiles import fault, load_data
from wallet_core.errors import NotFound
from wallet_core.hours import ServiceHours
from wallet_core.models import Assurance, Language, Priority


def _priority(value: Any) -> Any:
    try:
        return Priority[value.upper()] if isinstance(value, str) else value
    except KeyError:
        raise ValueError(f'"{value}" is no priority: {", ".join(p.name.lower() for p in Priority)}') from None


def _minutes(value: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f'"{value}" is not a whole number of minutes')
    return timedelta(minutes=value)


PriorityName = Annotated[Priority, BeforeValidator(_priority)]
Minutes = Annotated[timedelta, BeforeValidator(_minutes), Field(gt=timedelta(0))]


class ServiceLevel(BaseModel, frozen=True, extra="forbid"):
    """Within how many minutes a ticket is answered, by priority; the queue's service hours alone are counted."""

    urgent: Minutes
    high: Minutes
    normal: Minutes
    low: Minutes

    def of(self, priority: Priority) -> timedelta:
        level: timedelta = getattr(self, priority.name.lower())
        return level


class Queue(BaseModel, frozen=True, extra="forbid"):
    """Agents who answer the same topics. What it cannot answer in the customer's language goes to `other_languages`."""

    hours: str
    service_level: ServiceLevel
    minutes_per_contact: Minutes
    languages: tuple[Language, ...] = tuple(Language)
    other_languages: str | None = None


class TopicRoute(BaseModel, frozen=True, extra="forbid"):
    """`priority_signed_in` takes the place of `priority` where we know who asks.

    `whoever_is_there`: with nobody on for the queue, it goes to another one that has somebody.
    """

    queue: str
    priority: PriorityName = Priority.NORMAL
    priority_signed_in: PriorityName | None = None
    whoever_is_there: bool = False


class Routing(BaseModel, frozen=True, extra="forbid"):
    """What `routing.yml` says. Topics that it does not name take the `default`."""

    hours: dict[str, ServiceHours]
    queues: dict[str, Queue]
    default: TopicRoute
    topics: dict[str, TopicRoute] = {}

    @field_validator("queues")
    @classmethod
    def _queues_stand(cls, queues: dict[str, Queue], info: ValidationInfo) -> dict[str, Queue]:
        for name, queue in queues.items():
            if queue.hours not in info.data.get("hours", {queue.hours}):
                raise fault(f'there are no hours called "{queue.hours}"', name, "hours")
            speaks_all = set(queue.languages) == set(Language)
            other = queues.get(queue.other_languages or "")
            if not speaks_all and (other is None or set(other.languages) != set(Language)):
                raise fault("other_languages must name a queue that speaks every language", name, "other_languages")
        return queues

    @field_validator("default")
    @classmethod
    def _default_stands(cls, route: TopicRoute, info: ValidationInfo) -> TopicRoute:
        _refuse_unknown_queue(route, info, "queue")
        return route

    @field_validator("topics")
    @classmethod
    def _topics_stand(cls, topics: dict[str, TopicRoute], info: ValidationInfo) -> dict[str, TopicRoute]:
        for name, route in topics.items():
            _refuse_unknown_queue(route, info, name, "queue")
        return topics

    def queue(self, name: str) -> Queue:
        """Raises: NotFound, where no queue is called that."""
        if name not in self.queues:
            raise NotFound()
        return self.queues[name]

    def standing_queue(self, name: str) -> str:
        """The queue of that name, or the default one where the file names it no more: old tickets outlive queues."""
        return name if name in self.queues else self.default.queue

    def hours_of(self, queue: str) -> ServiceHours:
        return self.hours[self.queue(queue).hours]

    def due_at(self, *, queue: str, priority: Priority, start: datetime) -> datetime:
        """Until when the queue promises an answer to what came in at `start`."""
        return self.hours_of(queue).after(start, self.queue(queue).service_level.of(priority))


def _refuse_unknown_queue(route: TopicRoute, info: ValidationInfo, *way: str) -> None:
    if route.queue not in info.data.get("queues", {route.queue}):  # broken queues are told by themselves
        raise fault(f'there is no queue called "{route.queue}"', *way)


class AgentOn(BaseModel, frozen=True):
    """An agent who is on duty now."""

    id: str
    queues: tuple[str, ...]
    languages: tuple[Language, ...]
    busy: bool = False


class Route(BaseModel, frozen=True):
    """Where something goes.

    `opens_at` is None while the queue is open. `agents` are on duty for it and speak the language. `wait` is the
    estimate for whoever joins now; None where it cannot be told: closed, or nobody is on.
    """

    queue: str
    priority: Priority
    language: Language
    open: bool
    opens_at: datetime | None
    due_after: timedelta
    due_at: datetime
    agents: tuple[str, ...]
    wait: timedelta | None


def load_routing(path: Path) -> Routing:
    """Read `routing.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, Routing)


def route(
    routing: Routing,
    *,
    topic: str,
    language: Language,
    now: datetime,
    assurance: int = Assurance.ANONYMOUS,
    agents: Collection[AgentOn] = (),
    waiting: int = 0,
) -> Route:
    """Where a topic goes at this moment: a pure function.

    Args:
        agents: who is on duty, for whatever queue.
        waiting: how many wait in that queue already.
    """
    rule = routing.topics.get(topic, routing.default)
    name = rule.queue
    if language not in routing.queue(name).languages:
        name = routing.queue(name).other_languages or name
    priority = rule.priority
    if rule.priority_signed_in is not None and assurance >= Assurance.SIGNED_IN:
        priority = rule.priority_signed_in

    if rule.whoever_is_there:
        manned = [other for other in (name, *routing.queues) if _is_manned(routing, other, agents, language, now)]
        name = manned[0] if manned else name

    queue, hours = routing.queue(name), routing.hours_of(name)
    is_open = hours.is_open(now)
    able = _able(agents, name, language)
    return Route(
        queue=name,
        priority=priority,
        language=language,
        open=is_open,
        opens_at=None if is_open else hours.next_opening(now),
        due_after=queue.service_level.of(priority),
        due_at=routing.due_at(queue=name, priority=priority, start=now),
        agents=tuple(sorted(agent.id for agent in able)),
        wait=_wait(queue, able, waiting) if is_open else None,
    )


def _able(agents: Collection[AgentOn], queue: str, language: Language) -> list[AgentOn]:
    return [agent for agent in agents if queue in agent.queues and language in agent.languages]


def _is_manned(routing: Routing, queue: str, agents: Collection[AgentOn], language: Language, now: datetime) -> bool:
    return routing.hours_of(queue).is_open(now) and bool(_able(agents, queue, language))


def _wait(queue: Queue, able: list[AgentOn], waiting: int) -> timedelta | None:
    """Agents become free evenly over a contact's usual length; whoever joins is served after those who wait."""
    if not able:
        return None
    free = sum(not agent.busy for agent in able)
    turns = max(0, waiting + 1 - free)
    return timedelta(minutes=ceil(turns * queue.minutes_per_contact / timedelta(minutes=1) / len(able)))
