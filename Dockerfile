# syntax=docker/dockerfile:1
# The server of the school: `docker build --build-arg GIT_COMMIT=$(git rev-parse --short=12 HEAD) -t dovetail .`
FROM node:22-bookworm-slim AS node

FROM rust:1.94-slim-bookworm AS build
# GraphiQL is bundled by npm; the cryptography is C.
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && apt-get update \
    && apt-get install -y --no-install-recommends cmake=3.25.* g++=4:12.* make=4.3-* \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /dovetail
COPY . .
ARG GIT_COMMIT
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/dovetail/target \
    GIT_COMMIT="$GIT_COMMIT" cargo build --release --locked --no-default-features \
    && cp target/release/dovetail /usr/local/bin/dovetail

# A C library, certificates and nobody: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/dovetail /usr/local/bin/dovetail
# SQLite's file, if that is the database.
WORKDIR /home/nonroot
ENV DOVETAIL_HOST=0.0.0.0 DOVETAIL_PROFILE=production
EXPOSE 8000 9464
# Is it ready? It asks itself: there is nothing else in here to ask with.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["dovetail", "healthcheck"]
ENTRYPOINT ["dovetail"]
CMD ["serve"]
