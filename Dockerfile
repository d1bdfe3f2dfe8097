# Two images: `docker build .` gives maskbot, `docker build --target relay .` a gun relay. Python packages come from the hashed lock,
# npm parts from their lock file; neither names a place. Both run as users without rights.

FROM node:22-bookworm-slim AS relay-parts
WORKDIR /relay
COPY maskbot/sandbox/parts/package.json maskbot/sandbox/parts/package-lock.json ./
# Peers are not in the lock (see maskbot/sandbox/node.py), and the optional part is an Ethereum node.
RUN npm ci --ignore-scripts --legacy-peer-deps --omit=optional --no-audit --no-fund

FROM node:22-bookworm-slim AS relay
WORKDIR /relay
RUN install -d -m 0700 -o node -g node /data
COPY --from=relay-parts /relay/node_modules ./node_modules
COPY deploy/gun_relay.js ./
USER node
EXPOSE 8765
CMD ["node", "gun_relay.js"]

# The lock holds the tools of developers too. So all of it is fetched and checked by hash first, and then only what maskbot itself
# asks for is installed, from those files and nothing else.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN pip download -q --disable-pip-version-check --require-hashes --only-binary :all: --dest /wheels -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY maskbot ./maskbot
COPY workers ./workers
RUN python -m venv /opt/maskbot \
 && /opt/maskbot/bin/pip install -q --disable-pip-version-check --no-index --find-links /wheels .
# The fonts of the cards, by hash; without an npm here, colour emoji are left out of names. Not in /src, beside whose sources they
# would be put and stay behind.
WORKDIR /
RUN /opt/maskbot/bin/python -m maskbot.adapters.card_renderer.font_install

FROM python:3.12-slim-bookworm AS maskbot
RUN useradd --system --uid 10001 --home-dir /var/lib/maskbot --shell /usr/sbin/nologin maskbot \
 && install -d -m 0700 -o maskbot -g maskbot /var/lib/maskbot /run/maskbot
COPY --from=build /opt/maskbot /opt/maskbot
ENV PATH=/opt/maskbot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MASKBOT_HOME=/var/lib/maskbot \
    MASKBOT_RUNTIME_DIR=/run/maskbot \
    MASKBOT_LOG_FORMAT=json
USER maskbot
WORKDIR /var/lib/maskbot
ENTRYPOINT ["maskbot"]
CMD ["up"]
