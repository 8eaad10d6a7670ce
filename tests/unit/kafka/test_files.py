"""Files are read with defaults and profiles; every mistake is told with its line and what may stand there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from dataops.inventory.document import NotYaml, read_document
from dataops.kafka.desired import THROTTLES, Acl, Entity, Placement, Source, State
from dataops.kafka.files import reading
from dataops.kafka.files.loading import FilesInvalid, OtherEnvironment, UnknownCluster, load, read_clusters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.kafka.conftest import Include

TOPICS = "include/kafka/main/topics/flights.yaml"


def test_a_topic_of_one_line_takes_everything_from_the_defaults(include: Include) -> None:
    include.cluster("defaults: {partitions: 6, replication_factor: 3, configs: {retention.ms: 7d}}\n")
    include.topics("flights.delays:\n")
    topic = include.load().topics["flights.delays"]
    assert (topic.partitions, topic.replication_factor, topic.configs) == (
        6,
        3,
        {"retention.ms": "604800000"},
    )
    assert (topic.team, topic.owner, topic.source) == ("flights", "flights", Source(TOPICS, 3))
    assert (topic.state, topic.placement, topic.ignore_configs) == (State.PRESENT, Placement.ANY, THROTTLES)


def test_a_profile_stands_between_the_defaults_and_the_topic(include: Include) -> None:
    include.cluster("""\
        defaults: {partitions: 3, replication_factor: 3, configs: {retention.ms: 7d, compression.type: lz4}}
        profiles:
          compacted: {partitions: 12, configs: {cleanup.policy: compact, retention.ms: null}}
    """)
    include.topics(
        "flights.state: {profile: compacted, configs: {compression.type: null, segment.bytes: 1GiB}}\n"
    )
    topic = include.load().topics["flights.state"]
    assert topic.partitions == 12
    assert topic.configs == {"cleanup.policy": "compact", "segment.bytes": "1073741824"}


def test_everything_that_a_file_can_say(include: Include) -> None:
    include.cluster("""\
        owners: {flights: {contact: on-call, topics: [flights.*]}}
        protected: ["*.ledger"]
        acls: authoritative
        deletion: {enabled: true, quarantine: 2d}
        reassignment: {throttle: null}
        health: {idle_after: 3d, most_lag: 100}
        guarded: false
    """)
    include.topics(
        """\
        flights.delays:
          partitions: 6
          replication_factor: 3
          description: One record a flight
          owner: analytics
          classification: confidential
          protected: true
          placement: cross_rack
          ignore_configs: [segment.ms]
          acknowledge: {partitions: 6, retention.ms: 1d}
          acls:
            - {principal: "User:orders", operations: [read, describe]}
            - {principal: "User:old", operations: all, state: absent}
        flights.old: {state: absent}
        flights.placed: {replicas: [[1, 2], [2, 3]]}
        """,
        more="""\
        acls:
          - {resource: group, name: flights-, pattern: prefixed, principal: "User:orders", operations: read}
        users:
          orders: {secret: kafka_orders, version: 3}
        quotas:
          - {user: orders, producer_byte_rate: 1000000}
          - {client_id: "", request_percentage: 50}
        """,
    )
    found = include.load()
    topic = found.topics["flights.delays"]
    assert (topic.owner, topic.protected, topic.placement) == ("analytics", True, Placement.CROSS_RACK)
    assert topic.acknowledged == {"partitions": "6", "retention.ms": "86400000"}
    assert topic.ignore_configs == {"segment.ms"}
    assert (found.topics["flights.old"].state, found.topics["flights.old"].owner) == (State.ABSENT, "on-call")
    placed = found.topics["flights.placed"]
    assert (placed.partitions, placed.replication_factor, placed.replicas) == (2, 2, ((1, 2), (2, 3)))
    assert {(each.acl, each.state) for each in found.acls} == {
        (Acl("TOPIC", "flights.delays", "User:orders", "READ"), State.PRESENT),
        (Acl("TOPIC", "flights.delays", "User:orders", "DESCRIBE"), State.PRESENT),
        (Acl("TOPIC", "flights.delays", "User:old", "ALL"), State.ABSENT),
        (Acl("GROUP", "flights-", "User:orders", "READ", pattern="PREFIXED"), State.PRESENT),
    }
    assert [(user.name, user.secret, user.stored_iterations) for user in found.users] == [
        ("orders", "kafka_orders", 8195)
    ]
    assert {quota.entity: quota.limits for quota in found.quotas} == {
        Entity(user="orders"): {"producer_byte_rate": 1e6},
        Entity(client_id=""): {"request_percentage": 50.0},
    }
    cluster = found.cluster
    assert (cluster.guarded, cluster.throttle, cluster.authoritative_acls) == (False, None, True)
    assert (cluster.deletion.enabled, cluster.deletion.quarantine) == (True, timedelta(days=2))


@pytest.mark.parametrize(
    ("topics", "line", "message"),
    [
        ("a: {partitons: 3}", 3, "topics.a.partitons is no field. Did you mean partitions? Allowed: partiti"),
        ("a: {partitions: '3'}", 3, "topics.a.partitions: '3' is text: take the quotes off."),
        ("a: {partitions: 0}", 3, "topics.a.partitions: '0' is too small: at least 1."),
        ("a:\n  configs:\n    retention.mss: 1", 5, "topics.a.configs.retention.mss is no topic config of K"),
        ("a:\n  configs:\n    log.retention.ms: 1", 5, "topics.a.configs.log.retention.ms is a broker's con"),
        ("a: {configs: {retention.ms: 1e6}}", 3, "topics.a.configs.retention.ms: '1e6' is no whole number:"),
        ("a: {configs: {retention.ms: 1.5}}", 3, "topics.a.configs.retention.ms: '1.5' is no whole number:"),
        ("a: {configs: {retention.ms: -2}}", 3, "topics.a.configs.retention.ms: '-2' is out of bounds:"),
        ("a: {configs: {compression.type: no}}", 3, "topics.a.configs.compression.type: 'no' is read by YAM"),
        ("a: {configs: {cleanup.policy: purge}}", 3, "topics.a.configs.cleanup.policy: 'purge' is not allow"),
        ("a: {configs: {preallocate: 1}}", 3, "topics.a.configs.preallocate: '1' is neither true nor false."),
        ("a: {configs: {segment.ms: {a: 1}}}", 3, "topics.a.configs.segment.ms is no single value"),
        ("a: {configs: {min.insync.replicas: 4}}", 3, "topics.a.configs.min.insync.replicas: 4 is above the"),
        ("a: {profile: compact}", 3, "topics.a.profile: 'compact' is no profile of the cluster."),
        ("a: {state: gone}", 3, "topics.a.state: 'gone' is not allowed. Allowed: present, absent."),
        ("a: {state: absent, protected: true}", 3, "topics.a.state: 'absent' cannot be absent while the top"),
        ("a: {owner: no}", 3, "topics.a.owner: 'no' is read by YAML as true or false: put it in quotes."),
        ("a: {acknowledge: {partition: 3}}", 3, "topics.a.acknowledge.partition is neither a field nor a co"),
        ("a: {replicas: [[1, 1]]}", 3, "topics.a.replicas.0 names a broker twice."),
        ("a: {replicas: [[1, 2]], partitions: 1}", 3, "topics.a.partitions follows from `replicas`:"),
        ("a b: {}", 3, "topics.a b: 'a b' is no name that Kafka takes: use letters, digits, . _ and -."),
        ("..: {}", 3, "topics...: '..' is no name that Kafka takes: neither . nor .. can be one."),
        ("é: {}", 3, "topics.é: 'é' is no name that Kafka takes"),
        ("x" * 250 + ": {}", 3, f"topics.{'x' * 250}: '{'x' * 60}' is longer than 249 characters."),
        ("__consumer_offsets: {}", 3, "topics.__consumer_offsets belongs to Kafka itself or to another prog"),
        ("_schemas: {}", 3, "topics._schemas belongs to Kafka itself or to another program"),
        ("app-KSTREAM-1-changelog: {}", 3, "topics.app-KSTREAM-1-changelog belongs to Kafka itself or to an"),
        ("connect-offsets: {}", 3, "topics.connect-offsets belongs to"),
        ("a: {}\na: {}", 4, "topics.a stands there twice: keep one."),
        ("a.b: {}\na_b: {}", 4, "topics.a_b cannot exist beside a.b (include/kafka/main/topics/flights.yaml"),
        ("a:\n  acls:\n    - {principal: x, operations: read}", 5, "topics.a.acls.0.principal: 'x' has anot"),
        ("a:\n  acls:\n    - {principal: 'User:x', operations: rad}", 5, "topics.a.acls.0.operations.0 is n"),
        ("a: {configs: {leader.replication.throttled.replicas: '*'}}", 3, "topics.a.configs.leader.replicat"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_line_and_what_may_stand_there(
    include: Include, topics: str, line: int, message: str
) -> None:
    include.topics(topics + "\n")
    told = include.told()
    assert len(told) == 1, told
    assert told[0].startswith(f"{TOPICS}:{line}: {message}")


def test_an_acknowledgement_of_another_value_is_warned_of(include: Include) -> None:
    include.topics("a:\n  acknowledge: {partitions: 3, retention.ms: 1d, segment.ms: inherited}\n")
    report = include.check()
    assert report.problems == ()
    assert [str(each) for each in report.warnings] == [
        f"{TOPICS}:4: topics.a.acknowledge.retention.ms: '1d' acknowledges another value than the declared "
        "one, inherited: it has no effect."
    ]


def test_a_topic_may_have_a_name_that_yaml_would_read_as_another_value(include: Include) -> None:
    include.topics("no: {partitions: 1}\n1e6:\n")
    assert list(include.load().topics) == ["1e6", "no"]


def test_numbers_in_other_bases_are_not_other_numbers(include: Include) -> None:
    include.topics("a: {configs: {retention.ms: 0123}}\n")
    assert include.load().topics["a"].configs == {"retention.ms": "123"}


def test_all_mistakes_of_all_files_are_told_at_once(include: Include) -> None:
    include.cluster("defaults: {replication_factor: 3, partitons: 3, configs: {cleanup.policy: compakt}}\n")
    include.topics("a: {partitions: many, configs: {segment.mss: 1}, state: gone}\nb:\n")
    include.topics("a: {partitions: 1, profile: x}\n", team="other")
    include.write("main/topics/more.yml", "team: more\n")
    include.write("main/topics/broken.yaml", "team: [\n")
    assert [line.split(" ", 2)[:2] for line in include.told()] == [
        ["include/kafka/main/cluster.yaml:6:", "defaults.configs.cleanup.policy:"],
        ["include/kafka/main/cluster.yaml:6:", "defaults.partitons"],
        ["include/kafka/main/topics/broken.yaml:2:", "The"],
        [f"{TOPICS}:3:", "topics.a.configs.segment.mss"],
        [f"{TOPICS}:3:", "topics.a.partitions:"],
        [f"{TOPICS}:3:", "topics.a.state:"],
        [f"{TOPICS}:4:", "topics.b.partitions"],
        ["include/kafka/main/topics/more.yml:", "is"],
        ["include/kafka/main/topics/other.yaml:3:", "topics.a.profile:"],
    ]


@pytest.mark.parametrize(
    ("more", "line", "message"),
    [
        ("users: {bob: {}}", 4, "users.bob.secret is missing: id of the connection"),
        (
            "users: {bob: {secret: s, password: x}}",
            4,
            "users.bob.password is no field. Allowed: secret, version,",
        ),
        (
            "users: {bob: {secret: s, version: 9000}}",
            4,
            "users.bob.version: '9000' is too large: at most 8191.",
        ),
        (
            "quotas: [{producer_byte_rate: 1}]",
            4,
            "quotas.0 says for whom it holds by none of user, client_id and ip",
        ),
        ("quotas: [{user: a}]", 4, "quotas.0 has no limit: write one, or `state: absent`."),
        (
            "quotas: [{ip: 10.0.0.1, producer_byte_rate: 1}]",
            4,
            "quotas.0.ip can have a connection_creation_rate only",
        ),
        ("quotas: [{user: a, producer_byte_rate: 0}]", 4, "quotas.0.producer_byte_rate: '0'"),
        ("quotas: [{user: a, producer_byte_rate: 0.5}]", 4, "quotas.0.producer_byte_rate: '0.5'"),
        (
            "acls: [{resource: cluster, name: x, principal: 'User:a', operations: alter}]",
            4,
            "acls.0.name: 'x' must be",
        ),
    ],
)
def test_wrong_access_is_told(include: Include, more: str, line: int, message: str) -> None:
    include.topics("a:\n", more=more + "\n")
    told = include.told()
    assert len(told) == 1, told
    assert told[0].startswith(f"{TOPICS}:{line}: {message}")


def test_a_misplaced_password_is_not_repeated(include: Include) -> None:
    for user in ("{secret: s, password: tops3cret!}", "{secret: 'tops3cret!'}"):
        include.topics("a:\n", more=f"users: {{bob: {user}}}\n")
        assert len(include.told()) == 1
        assert "tops3cret" not in include.told()[0]


def test_no_two_files_declare_one_thing(include: Include) -> None:
    more = """\
        acls: [{resource: group, name: g, principal: "User:a", operations: read}]
        users: {bob: {secret: s}}
        quotas: [{user: bob, producer_byte_rate: 1}]
    """
    include.topics("a:\n", more=more)
    include.topics("a:\n", team="other", more=more)
    assert [line.split(" ")[1] for line in include.told()] == ["topics.a", "acls", "users.bob", "quotas"]
    assert f"is declared already in {TOPICS}:3: keep one" in include.told()[0]


def test_a_team_declares_only_its_own_topics(include: Include) -> None:
    include.cluster("""\
        defaults: {partitions: 3, replication_factor: 3}
        owners: {flights: {contact: on-call, topics: [flights.*]}}
    """)
    include.topics(
        "weather.now:\n",
        more="""\
        acls:
          - {resource: topic, name: weather., pattern: prefixed, principal: "User:a", operations: read}
        """,
    )
    include.topics("flights.a:\n", team="ships")
    told = include.told()
    assert "topics.weather.now is no name that flights may declare: flights.* are" in told[0]
    assert "which is none of flights's topics" in told[1]
    assert "team: 'ships' is not among the cluster's owners. Allowed: flights." in told[2]


@pytest.mark.parametrize("gone", ["topics", "file", "empty", "no topics"])
def test_missing_topics_are_a_mistake_and_no_wish(include: Include, gone: str) -> None:
    if gone == "file":
        include.write("main/topics/README.md", "nothing here")
    if gone == "empty":
        include.write("main/topics/flights.yaml", "")
    if gone == "no topics":
        include.write("main/topics/flights.yaml", "team: flights\ntopics: {}\n")
    assert len(include.told()) == 1
    with pytest.raises(FilesInvalid):
        include.load()


def test_an_unknown_cluster_is_told_with_those_that_there_are(include: Include) -> None:
    with pytest.raises(UnknownCluster, match=r"no folder include/kafka/mian\. Did you mean main\?"):
        load(include.root, "mian")
    with pytest.raises(UnknownCluster, match="known are none"):
        load(include.root / "nowhere", "main")


def test_a_cluster_of_another_environment_is_refused(include: Include) -> None:
    include.topics("flights.a:\n")
    assert load(include.root, "main", "prod").cluster.environment == "prod"
    with pytest.raises(OtherEnvironment, match="main is of the environment prod, not of dev"):
        load(include.root, "main", "dev")


def test_clusters_are_those_of_the_environment(include: Include) -> None:
    include.cluster(name="second")
    include.write("third/cluster.yaml", "cluster: third\nenvironment: dev\n")
    include.write("fourth/cluster.yaml", "cluster: fourth\n")
    found = read_clusters(include.root, "prod")
    assert [cluster.name for cluster in found.clusters] == ["main", "second"]
    assert [(each.name, each.environment) for each in found.invalid] == [("fourth", None)]
    everywhere = read_clusters(include.root)
    assert [each.name for each in everywhere.invalid] == ["fourth", "third"]
    assert read_clusters(include.root / "nowhere").clusters == ()


def test_an_invalid_clusters_name_is_safe_in_a_dag_id(include: Include) -> None:
    include.write("My Cluster/cluster.yaml", "cluster: My Cluster\n")
    (invalid,) = read_clusters(include.root).invalid
    assert re.fullmatch(r"my_cluster-[0-9a-f]{8}", invalid.name)


def test_the_folder_names_the_cluster(include: Include) -> None:
    include.write("other/cluster.yaml", (include.root / "kafka/main/cluster.yaml").read_text())
    (invalid,) = read_clusters(include.root).invalid
    assert "cluster: 'main' is not the folder's name" in str(invalid.errors[0])


def test_the_fingerprint_is_of_what_would_be_applied(include: Include) -> None:
    include.topics("flights.a: {description: One}\nflights.b:\n")
    first = include.load().fingerprint
    include.topics("flights.a: {description: Two}\n")
    include.topics("flights.b:\n", team="other")
    assert include.load().fingerprint == first
    include.topics("flights.b: {partitions: 4}\n", team="other")
    assert include.load().fingerprint != first


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_told(include: Include, content: bytes) -> None:
    include.write("main/topics/flights.yaml", content)
    report = include.check()
    assert report.desired is not None or report.problems


_scalars = st.one_of(
    st.sampled_from([
        "no",
        "1e6",
        "0123",
        "1_000",
        "12:30",
        "~",
        "",
        "true",
        "2026-01-01",
        "1.5",
        "'3'",
        '"a"',
        ".5",
    ]),
    st.integers().map(str),
    st.text("abc.-", min_size=1, max_size=6).filter(lambda text: not text.startswith(("-", "."))),
)
_yaml = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.dictionaries(_scalars.filter(bool), inner, max_size=3).map(
            lambda each: "{" + ", ".join(f"{key}: {value}" for key, value in each.items()) + "}"
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), _yaml, min_size=1, max_size=4))
@settings(max_examples=120, deadline=None)
def test_the_quick_reader_sees_what_the_inventorys_reader_sees(fields: dict[str, str]) -> None:
    content = "".join(f"{key}: {value}\n" for key, value in fields.items()).encode()
    try:
        slow = read_document(content).values
    except NotYaml:
        with pytest.raises((reading._NotPlain, yaml.YAMLError)):
            reading._quick(content)
        return
    try:
        quick = reading._quick(content).values
    except reading._NotPlain:
        assert read_document(content).repeated or b": {" in content
        return
    assert quick == slow
