# An image with the program and nothing else. First: make dist. Then:
#
#   docker build -t bulkimport .
#   docker run --rm -it --user "$(id -u):$(id -g)" -v "$PWD:/data" \
#     -v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro \
#     -e BULKIMPORT_URL -e BULKIMPORT_CONSUMER_KEY -e BULKIMPORT_CONSUMER_SECRET \
#     bulkimport validate accounts.csv
#
# An empty image has no certificate authorities, so the second -v lends it those
# of the host (Debian and Ubuntu; /etc/pki/tls/certs/ca-bundle.crt on Fedora and
# RHEL). To build them in instead, keep the bundle beside this file and add
#   COPY ca-certificates.crt /etc/ssl/certs/
# For one private authority: --ca-file /data/authority.pem.
#
# /data holds the tables and the ledger. Keep it: the ledger is what makes a
# second run place nothing again.
FROM scratch
ARG TARGETARCH=amd64
COPY dist/bulkimport-linux-${TARGETARCH} /bulkimport
ENV HOME=/data TMPDIR=/data XDG_CONFIG_HOME=/data/.config XDG_STATE_HOME=/data/.state
WORKDIR /data
VOLUME /data
USER 65532:65532
ENTRYPOINT ["/bulkimport"]
