# The gateway, for any of its roles, and the reference supplier: one image, `kuvert` with another command.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`: the lock file does not name the optional packages of every platform. `--no-save` leaves it as it is.
RUN npm install --omit=dev --no-save --no-audit --no-fund --ignore-scripts --loglevel=error

FROM node:24-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY bin/kuvert bin/kuvert
COPY schemas schemas
COPY src src
RUN ln -s /app/bin/kuvert /usr/local/bin/kuvert

# A volume over it takes its owner: `kuvert receive` writes there.
RUN install -d -o node -g node /received

# Not root, and nothing under /app is writable for it.
USER node
ENV KUVERT_SUPPLIER_PORT=8443 KUVERT_OPERATOR_PORT=8444 KUVERT_METRICS_PORT=9464
EXPOSE 8443 8444 9464

# Whether what its roles are for gets done, not whether a port is open; docs/metrics.md.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.KUVERT_METRICS_PORT, path: '/readyz' }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["kuvert"]
CMD ["start"]
