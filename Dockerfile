# One image for writers, edges and the migration job; the command says which. It holds neither development packages nor an
# embedded Postgres, and uses the Node of its base image instead of the npm package `node`.
FROM node:24-slim AS packages
WORKDIR /zonelog
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node node_modules/.bin

# the browser console; what it is built with stays behind
FROM node:24-slim AS console
WORKDIR /zonelog
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY services services
RUN node services/console/build/main.ts

FROM node:24-slim
ENV NODE_ENV=production \
    ZONELOG_DATA_DIR=/var/lib/zonelog \
    ZONELOG_DNS_LISTEN=0.0.0.0:5300 \
    ZONELOG_EDGE_HTTP_LISTEN=0.0.0.0:8054 \
    ZONELOG_API_LISTEN=0.0.0.0:8053
RUN install -d -o node -g node -m 0700 /var/lib/zonelog
WORKDIR /zonelog
COPY --from=packages /zonelog/node_modules node_modules
COPY package.json LICENSE ./
COPY shared shared
COPY services services
COPY --from=console /zonelog/services/console/dist services/console/dist
COPY migrations migrations
COPY cli cli
USER node
EXPOSE 5300/udp 5300/tcp 8053/tcp 8054/tcp
ENTRYPOINT ["node", "cli/main.ts"]
CMD ["--help"]
