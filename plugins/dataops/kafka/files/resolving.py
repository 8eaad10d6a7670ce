"""From what a file says about a topic to what the topic shall be: defaults, profile and its own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dataops.inventory.explain import nearest
from dataops.kafka import names
from dataops.kafka.desired import INHERITED, THROTTLES, Placement, Source, State, Topic
from dataops.kafka.files.cluster_file import ClusterFile
from dataops.kafka.files.topics_file import Shape, TopicPart, TopicsFile
from dataops.kafka.files.yaml_file import YamlFile
from dataops.kafka.topic_configs import KNOWN, TOPIC_KEY_OF, BadValue, as_text, is_known, number

_FIELDS = frozenset({"partitions", "replication_factor", "placement", "replicas", "state"})
_EMPTY = TopicPart()

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """Values that a topic starts from, checked; None where they are not given."""

    partitions: int | None = None
    replication_factor: int | None = None
    configs: Mapping[str, str] = field(default_factory=dict)
    placement: str | None = None
    ignore_configs: frozenset[str] | None = None
    classification: str = ""
    other_configs: tuple[str, ...] = ()

    def with_shape(self, shape: Shape, configs: Mapping[str, str | None]) -> Base:
        """These values, with what the shape gives instead; a config that is None is taken out."""
        merged = {key: value for key, value in {**self.configs, **configs}.items() if value is not None}
        ignored = self.ignore_configs if shape.ignore_configs is None else frozenset(shape.ignore_configs)
        return Base(
            shape.partitions or self.partitions,
            shape.replication_factor or self.replication_factor,
            merged,
            shape.placement or self.placement,
            ignored,
            shape.classification or self.classification,
            self.other_configs,
        )


@dataclass
class Resolver:
    """Resolves the topics of one cluster. Defaults and profiles are checked once, in the cluster's file."""

    cluster: ClusterFile
    file: YamlFile
    profiles: dict[str, Base] = field(default_factory=dict)
    defaults: Base = field(default_factory=Base)

    def __post_init__(self) -> None:
        shape = self.cluster.defaults
        self.defaults = Base(other_configs=tuple(self.cluster.other_configs)).with_shape(
            shape, self._configs(self.file, ("defaults",), shape.configs)
        )
        for name, profile in self.cluster.profiles.items():
            configs = self._configs(self.file, ("profiles", name), profile.configs)
            self.profiles[name] = self.defaults.with_shape(profile, configs)

    def topics(self, file: YamlFile, declared: TopicsFile) -> Iterable[Topic]:
        """The topics of a file that can be used; what is wrong with the others stands in the file."""
        assert file.values is not None
        path = file.path.as_posix()
        team = self.cluster.owners.get(declared.team)
        owner = declared.owner or (team.contact if team else declared.team)
        for name, part in declared.topics.items():
            source = Source(path, file.values.lines.get(("topics", name), 0))
            before = len(file.problems)
            topic = self._topic(file, name, part or _EMPTY, source, (declared.team, owner))
            if topic is not None and len(file.problems) == before:
                yield topic

    def _topic(
        self, file: YamlFile, name: str, part: TopicPart, source: Source, belongs: tuple[str, str]
    ) -> Topic | None:
        place: Place = ("topics", name)
        self._check_name(file, name)
        base = self._base(file, place, part)
        configs = self._configs(file, place, part.configs) if part.configs else {}
        shape = base.with_shape(part, configs) if part.model_fields_set else base
        absent = part.state == "absent"
        partitions = len(part.replicas) if part.replicas else shape.partitions
        copies = min(map(len, part.replicas)) if part.replicas else shape.replication_factor
        for key, value in (("partitions", partitions), ("replication_factor", copies)):
            if value is None and not absent:
                file.complain((*place, key), "is missing, and neither the profile nor the defaults have it")
        self._check_replicas(file, place, part)
        topic = Topic(
            name=name,
            partitions=partitions or 1,
            replication_factor=copies or 1,
            source=source,
            team=belongs[0],
            owner=part.owner or belongs[1],
            configs=shape.configs,
            description=part.description or "",
            classification=shape.classification,
            profile=part.profile or "",
            protected=part.protected,
            state=State.ABSENT if absent else State.PRESENT,
            placement=Placement.CROSS_RACK if shape.placement == "cross_rack" else Placement.ANY,
            replicas=tuple(map(tuple, part.replicas)) if part.replicas else (),
            acknowledged=self._acknowledged(file, place, part) if part.acknowledge else {},
            ignore_configs=THROTTLES if shape.ignore_configs is None else shape.ignore_configs,
        )
        _check_together(file, place, topic)
        if topic.acknowledged:
            _warn_of_stale(file, place, topic)
        return topic

    def _check_name(self, file: YamlFile, name: str) -> None:
        trouble = names.trouble_with(name)
        if trouble:
            file.complain(("topics", name), trouble, repr(name[:60]))
        elif names.is_foreign(name, self.cluster.foreign):
            file.complain(
                ("topics", name), "belongs to Kafka itself or to another program, which looks after it"
            )

    def _base(self, file: YamlFile, place: Place, part: TopicPart) -> Base:
        if part.profile is None:
            return self.defaults
        if part.profile not in self.profiles:
            message = f"is no profile of the cluster{nearest(part.profile, self.profiles)}"
            allowed = tuple(self.profiles)
            file.complain((*place, "profile"), message, repr(part.profile), allowed)
        return self.profiles.get(part.profile, self.defaults)

    def _configs(self, file: YamlFile, place: Place, configs: Mapping[str, object]) -> dict[str, str | None]:
        """Each config as Kafka's text, None where it is taken out; every mistake is told."""
        found: dict[str, str | None] = {}
        for key, value in configs.items():
            where = (*place, "configs", key)
            if not is_known(key, self.cluster.other_configs):
                file.complain(where, _unknown(key))
                continue
            try:
                found[key] = None if value is None else as_text(key, value)
            except BadValue as error:
                choices = KNOWN[key].choices if key in KNOWN else ()
                file.complain(where, str(error), file.written(*where), choices)
        return found

    def _acknowledged(self, file: YamlFile, place: Place, part: TopicPart) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in part.acknowledge.items():
            where = (*place, "acknowledge", key)
            if key in _FIELDS:
                found[key] = str(value)
            elif not is_known(key, self.cluster.other_configs):
                file.complain(where, f"is neither a field nor a config{nearest(key, (*_FIELDS, *KNOWN))}")
            elif value == INHERITED:
                found[key] = INHERITED
            else:
                try:
                    found[key] = as_text(key, value)
                except BadValue as error:
                    file.complain(where, str(error), file.written(*where))
        return found

    def _check_replicas(self, file: YamlFile, place: Place, part: TopicPart) -> None:
        for key, stated in (("partitions", part.partitions), ("replication_factor", part.replication_factor)):
            if part.replicas is not None and stated is not None:
                file.complain((*place, key), "follows from `replicas`: take one of them out")
        if part.replicas is not None and (not part.replicas or not all(part.replicas)):
            file.complain((*place, "replicas"), "names no broker for a partition")
        for index, brokers in enumerate(part.replicas or ()):
            if len(set(brokers)) < len(brokers):
                file.complain((*place, "replicas", index), "names a broker twice")


def _unknown(key: str) -> str:
    if key in TOPIC_KEY_OF:
        return f"is a broker's config, not a topic's: the topic's is {TOPIC_KEY_OF[key]}"
    return f"is no topic config of Kafka{nearest(key, KNOWN)}"


def _warn_of_stale(file: YamlFile, place: Place, topic: Topic) -> None:
    """An acknowledgement of another value than the declared one allows nothing, and misleads who reads it."""
    declared: dict[str, str] = {
        "partitions": str(topic.partitions),
        "replication_factor": str(topic.replication_factor),
        "state": topic.state,
        "placement": topic.placement,
        **topic.configs,
    }
    for key, value in topic.acknowledged.items():
        if declared.get(key, INHERITED) != value:
            said = declared.get(key, INHERITED)
            file.warn(
                (*place, "acknowledge", key),
                f"acknowledges another value than the declared one, {said}: it has no effect",
                file.written(*place, "acknowledge", key),
            )


def _check_together(file: YamlFile, place: Place, topic: Topic) -> None:
    """What a topic's own values get wrong together."""
    least = number("min.insync.replicas", topic.configs.get("min.insync.replicas"))
    if least is not None and least > topic.replication_factor and topic.state is State.PRESENT:
        file.complain(
            (*place, "configs", "min.insync.replicas"),
            f"is above the replication factor, {topic.replication_factor}: every write would fail",
            str(least),
        )
    for key in sorted(topic.ignore_configs & topic.configs.keys()):
        file.complain((*place, "configs", key), "is among ignore_configs: take it out there, or here")
    if topic.protected and topic.state is State.ABSENT:
        file.complain((*place, "state"), "cannot be absent while the topic is protected", "'absent'")
