# kube-proxy, which writes packet rules through the machine's own commands.
ARG BASE
FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends iptables nftables conntrack kmod \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY bin/kube-proxy /usr/local/bin/kube-proxy
