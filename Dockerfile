# The controller's image. Build it from the root of the repository:
#   docker build --build-arg VERSION=0.1.0 --tag spotdrain:0.1.0 .
ARG PYTHON=3.13.9-slim-trixie

FROM python:${PYTHON} AS build
RUN python -m venv /opt/spotdrain
COPY requirements/run.txt /build/requirements.txt
RUN /opt/spotdrain/bin/pip install --no-cache-dir --require-hashes --requirement /build/requirements.txt
# The package is pure Python: copied, it needs no build tool and nothing beyond the locked list.
COPY controller /build/controller
RUN site="$(/opt/spotdrain/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
    && cp -R /build/controller "$site/" \
    && /opt/spotdrain/bin/python -m compileall -q "$site/controller" \
    && printf '%s\n' '#!/opt/spotdrain/bin/python' 'import sys' \
        'from controller.cli.main import main' 'sys.exit(main())' > /opt/spotdrain/bin/spotdrain \
    && chmod 0755 /opt/spotdrain/bin/spotdrain \
    && /opt/spotdrain/bin/pip uninstall --yes --quiet pip

FROM python:${PYTHON}
ARG VERSION=dev
LABEL org.opencontainers.image.title="spotdrain" \
      org.opencontainers.image.description="Empties an EC2 Spot node before EC2 takes it away" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /opt/spotdrain /opt/spotdrain
COPY LICENSE /opt/spotdrain/LICENSE
# Nothing is written at run time: the root file system may be read-only.
ENV PATH=/opt/spotdrain/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
# Metrics and probes.
EXPOSE 9090 8081
ENTRYPOINT ["spotdrain"]
