# The service in a container: docker build -t algofactory . && docker run -p 5080:5080 -v algofactory:/var/lib/algofactory algofactory
# .NET 10 has no Debian images of its own; these are Ubuntu 24.04. See docs/operations.md.

FROM node:20-bookworm-slim AS assets
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY --from=assets /source/node_modules node_modules
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages \
    dotnet publish src/AlgoFactory.Cli -c Release -o /app -r linux-x64 --self-contained false -p:PublishReadyToRun=true -p:UseAppHost=false \
    && mkdir -p /app/native \
    && cp node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.* /app/native/ \
    && cp appsettings.json LICENSE /app/

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble
WORKDIR /app
COPY --from=build /app .
# The image's own user without rights; the folder is its home, so that a named volume begins with the right owner.
RUN mkdir -p /var/lib/algofactory/data /var/lib/algofactory/models && chown -R "$APP_UID" /var/lib/algofactory
USER $APP_UID
ENV AlgoFactory__Urls=http://0.0.0.0:5080 \
    AlgoFactory__DataFolder=/var/lib/algofactory/data \
    AlgoFactory__ModelsFolder=/var/lib/algofactory/models \
    DOTNET_EnableDiagnostics=0
VOLUME /var/lib/algofactory
EXPOSE 5080
# The image has no curl; bash speaks enough HTTP to ask whether the process answers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5080 && printf 'GET /livez HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "algofactory.dll"]
CMD ["serve"]
