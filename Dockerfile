# The controller's image: Python, the locked packages and the controller; no shell, no package manager.
#
#   docker build --build-arg VERSION=0.1.0 --tag spotdrain:0.1.0 .
#
# `make image` does the same with packages that it fetched before, with pip as it is set up on your
# machine: behind a mirror or a proxy with a certificate of its own nothing needs to be set here.
#
# A Debian base with Python 3.13, its venv module and ca-certificates. Another one, such as that of
# your own registry or one pinned by digest: --build-arg BASE=...
ARG BASE=python:3.13.13-slim-trixie

FROM ${BASE} AS build
# What Debian has mended since the base was made: --build-arg UPGRADE=yes
ARG UPGRADE
RUN if [ -n "${UPGRADE}" ]; then apt-get update && apt-get upgrade --yes; fi
# pip's own variables, for a build that fetches by itself: --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
WORKDIR /build
# The wheels that `make image` has fetched, in a folder that need not be there.
COPY requirements/run.txt requirements/wheel[s] ./
# pip has an environment of its own, so that nothing of it is in the image.
RUN python3 -m venv /pip && python3 -m venv --without-pip /opt/spotdrain \
    && /pip/bin/pip --python /opt/spotdrain/bin/python install --disable-pip-version-check \
        --no-cache-dir --no-compile --no-deps --only-binary :all: --require-hashes \
        --find-links . --requirement run.txt
COPY hack/__init__.py hack/errors.py hack/
COPY hack/image/__init__.py hack/image/
COPY hack/image/rootfs hack/image/rootfs/
COPY controller controller/
COPY LICENSE ./
# The package is pure Python: copied, it needs no build tool and nothing beyond the locked list.
RUN cp -R controller /opt/spotdrain/lib/python3*/site-packages/ \
    && python3 -m hack.image.rootfs /opt/spotdrain /rootfs && cp LICENSE /rootfs/opt/spotdrain/

FROM scratch
COPY --from=build /rootfs /
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="spotdrain" \
      org.opencontainers.image.description="Empties an EC2 Spot node before EC2 takes it away" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Nothing is written at run time: the root file system may be read-only.
ENV PATH=/opt/spotdrain/bin \
    LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
# Metrics and probes.
EXPOSE 9090 8081
ENTRYPOINT ["spotdrain"]
CMD ["--help"]
