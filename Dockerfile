# Two images: `postgres`, a database server with pgBackRest beside it, and `airflow` (the default).
# Both take pgBackRest from Debian bookworm: the two ends of its TLS connection must have one version.

ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.11
ARG POSTGRES_IMAGE=postgres:15-bookworm

FROM ${POSTGRES_IMAGE} AS postgres
ARG PGBACKREST_VERSION=2.45-1
ARG PARTMAN_VERSION=4.7.2-1
ARG HYPOPG_VERSION=1.3.1-2+b1
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates \
        openssh-server \
        pgbackrest=${PGBACKREST_VERSION} \
        postgresql-15-hypopg=${HYPOPG_VERSION} \
        postgresql-15-partman=${PARTMAN_VERSION} \
    && rm -rf /var/lib/apt/lists/*

FROM ${AIRFLOW_IMAGE} AS airflow
ARG PGBACKREST_VERSION=2.45-1
ARG POSTGRES_MAJOR=15
ARG PARTMAN_VERSION=4.7.2-1
ARG HYPOPG_VERSION=1.3.1-2+b1
USER root
# pg_dump must be of the server's own major version, and so must the server that a drill starts, with every
# extension that the databases use. No cluster is made: a drill makes its own. The user postgres has the id
# that it has in the image above, so that `prepare` can hand files to it.
# hadolint ignore=DL3008
RUN groupadd --non-unique --gid 999 postgres \
    && useradd --non-unique --uid 999 --gid 999 --no-create-home --shell /usr/sbin/nologin postgres \
    && mkdir --parents /etc/postgresql-common \
    && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf \
    && apt-get update \
    && apt-get install --yes --no-install-recommends --option Dpkg::Options::=--force-confold \
        age \
        openssh-client \
        pgbackrest=${PGBACKREST_VERSION} \
        postgresql-${POSTGRES_MAJOR} \
        postgresql-15-hypopg=${HYPOPG_VERSION} \
        postgresql-15-partman=${PARTMAN_VERSION} \
    && rm -rf /var/lib/apt/lists/*

USER airflow
WORKDIR /opt/airflow
COPY --chown=airflow:0 requirements.lock ./
# Beside the lock: what CeleryExecutor, KubernetesExecutor and metrics need, and only containers use.
RUN pip install --no-cache-dir --requirement requirements.lock \
    "apache-airflow-providers-celery==3.26.0" \
    "apache-airflow-providers-cncf-kubernetes==10.25.0" \
    "redis==8.1.0" \
    "statsd==4.0.1"

COPY --chown=airflow:0 pyproject.toml requirements.txt ./
COPY --chown=airflow:0 plugins ./plugins
RUN pip install --no-cache-dir --no-deps --editable .
COPY --chown=airflow:0 dags ./dags
COPY --chown=airflow:0 include ./include
COPY --chown=airflow:0 sandbox ./sandbox
COPY --chmod=0755 sandbox/compose/with-env.sh /usr/local/bin/with-env
ENV PYTHONPATH=/opt/airflow/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False
