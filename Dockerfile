# The bot, without the lab. It runs as a number, writes to /var/lib/sfint and /tmp only, and works on a read-only root:
#   docker build --tag sfint .
#   docker run --read-only --tmpfs /tmp --volume sfint:/var/lib/sfint --volume ./sfint.yml:/etc/sfint/sfint.yml:ro \
#     --env-file sfint.env sfint
# The base is pinned by tag. Whoever builds for production pins the digest that they have looked at:
#   --build-arg BASE=python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv --without-pip /opt/sfint \
 && python -m pip --python /opt/sfint/bin/python install --only-binary :all: --require-hashes -r requirements/run.txt \
 && python -m pip install --only-binary :all: --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
RUN python -m pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
 && python -m pip --python /opt/sfint/bin/python install --no-deps --no-index /wheels/*.whl
# The bot reads raw JSON (docs/adr/0005): the client's typed classes, which it loads on demand, are 120 MB of nothing.
RUN find /opt/sfint \( -path '*/kubernetes/*client/models/*' -o -path '*/kubernetes/*client/api/*' \) \
      -type f ! -name '__init__.*' -delete \
 && /opt/sfint/bin/python -c "import bot.app, bot.terminal, bot.diagnosis.command, bot.adapters.kafka_server"

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="sfint" \
      org.opencontainers.image.description="The Slack bot an on-call engineer reaches for when the Salesforce integrations break." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Nothing is ever installed into a running bot: the base's own installers go, too.
RUN python -m pip uninstall --yes --quiet --root-user-action ignore setuptools wheel pip \
 && groupadd --gid 10001 sfint \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /tmp --shell /usr/sbin/nologin sfint \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/sfint
COPY --from=build /opt/sfint /opt/sfint
# Two arenas: otherwise each of some forty threads keeps freed memory in one of its own (docs/performance.md).
ENV PATH=/opt/sfint/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    SFINT_CONFIG=/etc/sfint/sfint.yml
USER 10001:10001
WORKDIR /var/lib/sfint
EXPOSE 8080
# SFINT_HEALTH__PORT is the setting `health.port`; a cluster asks /healthz and /readyz itself.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('SFINT_HEALTH__PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["sfint"]
CMD ["run"]
