#!/usr/bin/env bash
# Tries a release for linux-x64 as a person would meet it: each artefact is installed on a fresh root, runs a check, shows its demo for two
# minutes, and is removed again, after which the root is as it was. It ends at the first promise that is not kept.
#   packaging/try.sh DIRECTORY      as root, on Debian 12
#   STEPS="checksums debian"        only those, of: checksums installer archives debian containers tool. Without it, all of them.
#   STEPS=systemd                   one more, with a running systemd: where systemd-nspawn can boot a machine
#   ROOT=DIR                        a Debian root that is there already, instead of a fresh one by debootstrap
#   DEMO_SECONDS=120                how long each demo is watched
set -euo pipefail
cd "$(dirname "$0")/.."
release=$(realpath "${1:?packaging/try.sh: name the directory of the release}")
steps=${STEPS:-checksums installer archives debian containers tool}
seconds=${DEMO_SECONDS:-120}

fail() { printf 'packaging/try.sh: %s\n' "$1" >&2; exit 1; }
step() { printf '\n== %s\n' "$1"; }
wanted() { case " $steps " in *" $1 "*) ;; *) return 1 ;; esac; }
need() { command -v "$1" >/dev/null || fail "$1 is not installed: apt-get install $2, or leave its step out with STEPS."; }
[ "$(id -u)" = 0 ] || fail "only root can make a root of its own; run it with sudo."
for name in $steps; do
  case $name in
    checksums) need node nodejs ;;
    installer) need debootstrap debootstrap; need openssl openssl ;;
    archives|debian) need debootstrap debootstrap ;;
    containers) need buildah buildah ;;
    tool) need dotnet "the .NET SDK 10" ;;
    systemd) need debootstrap debootstrap; need systemd-nspawn systemd-container ;;
    *) fail "STEPS: there is no step $name." ;;
  esac
done
need curl curl

work=$(mktemp -d)
running='' site=''
clean() {
  for process in $running $site; do
    kill "$process" 2>/dev/null || true
    for ((i = 0; i < 150; i++)); do kill -0 "$process" 2>/dev/null || break; sleep 0.2; done
    kill -KILL "$process" 2>/dev/null || true
  done
  [ ! -d "$work/root/proc/self" ] || umount "$work/root/proc" || true
  rm -rf "$work"
}
trap clean EXIT

# The process that a command which only starts another one is waiting for.
last_child() {
  local child
  child=$(grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | head -n 1 | cut -d / -f 3) || true
  if [ -n "$child" ]; then last_child "$child"; else echo "$1"; fi
}
# serve NAME COMMAND…: starts a server, and waits until it says where its page is.
serve() {
  local name=$1
  shift
  began=$SECONDS
  "$@" > "$work/$name.log" 2>&1 &
  running=$!
  until grep -q '^The page: ' "$work/$name.log"; do
    kill -0 "$running" 2>/dev/null || { cat "$work/$name.log" >&2; fail "$name: the server ended before it listened."; }
    [ $((SECONDS - began)) -lt 180 ] || { cat "$work/$name.log" >&2; fail "$name: the server does not listen within three minutes."; }
    sleep 0.2
  done
  began=$SECONDS
}
# demo NAME PORT: what the demo promises within its two minutes, told by its own webhooks; and that the page is there.
demo() {
  while [ $((SECONDS - began)) -lt "$seconds" ]; do
    kill -0 "$running" 2>/dev/null || { cat "$work/$1.log" >&2; fail "$1: the server ended during its demo."; }
    sleep 1
  done
  for event in 'opened: demo-failing, outage' 'resolved: demo-failing, outage' 'opened: demo-drifting, drift' 'resolved: demo-drifting, drift'; do
    grep -q "^webhook incident\.$event" "$work/$1.log" || { tail -n 20 "$work/$1.log" >&2; fail "$1: within $seconds s the demo did not say 'incident.$event'."; }
  done
  curl -fsS "http://127.0.0.1:$2/" | grep 'demo-drifting' > /dev/null || fail "$1: the page does not show the demo."
  echo "The demo opened and resolved an outage and a drift."
}
# stop NAME: SIGTERM to the server itself, which then ends with 0.
stop() {
  local status=0
  kill -TERM "$(last_child "$running")"
  wait "$running" || status=$?
  running=''
  [ "$status" = 0 ] || { tail -n 5 "$work/$1.log" >&2; fail "$1: after SIGTERM the server ended with $status."; }
}

if wanted checksums; then
  step "Checksums, version and SBOM"
  version=$(cat "$release/VERSION")
  (cd "$release" && sha256sum --check --strict --quiet SHA256SUMS) || fail "SHA256SUMS is not that of these files."
  for file in "$release"/*; do
    file=$(basename "$file")
    [ "$file" = SHA256SUMS ] || grep -q "^[0-9a-f]\{64\}  $file\$" "$release/SHA256SUMS" || fail "SHA256SUMS does not name $file."
  done
  for file in mcpprobe-"$version"-linux-x64.tar.gz mcpprobe-server-"$version"-linux-x64.tar.gz mcpprobe_"$version"_amd64.deb mcpprobe-server_"$version"_amd64.deb \
    mcpprobe-container-"$version"-linux-x64.tar.gz mcpprobe.linux-x64."$version".nupkg mcpprobe."$version".nupkg mcpprobe.cdx.json mcpprobe-server.cdx.json install.sh install.ps1; do
    [ -s "$release/$file" ] || fail "the release has no $file."
  done
  for program in mcpprobe mcpprobe-server; do
    node - "$release/$program.cdx.json" "$program" "$version" <<'S' || fail "$program.cdx.json is no SBOM of $program $version."
const [file, name, version] = process.argv.slice(2);
const bom = JSON.parse(require('node:fs').readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
const has = library => bom.components.some(each => each.name === library && each.version && each.purl);
const mistakes = [
  bom.bomFormat === 'CycloneDX' || 'not CycloneDX',
  bom.metadata.component.name === name || `it is of ${bom.metadata.component.name}`,
  bom.metadata.component.version === version || `it is of version ${bom.metadata.component.version}`,
  has('YamlDotNet') || 'YamlDotNet is not in it',
  name === 'mcpprobe' || has('Microsoft.Data.Sqlite') || 'Microsoft.Data.Sqlite is not in it',
  !bom.components.some(each => /^(xunit|coverlet)/i.test(each.name)) || 'it has what only tests need',
].filter(each => each !== true);
console.log(mistakes.length ? mistakes.join('; ') : `${name} ${version}: ${bom.components.length} components`);
process.exit(mistakes.length ? 1 : 0);
S
  done
fi

root=$work/root
if wanted installer || wanted archives || wanted debian; then
  if [ -n "${ROOT:-}" ]; then
    cp -a "$ROOT" "$root"
  else
    step "A fresh Debian 12"
    debootstrap --variant=minbase --include=ca-certificates,curl,libssl3,tzdata bookworm "$root" > "$work/debootstrap.log" 2>&1 || { tail -n 5 "$work/debootstrap.log" >&2; fail "debootstrap failed."; }
  fi
  mkdir -p "$root/proc"
  mount -t proc proc "$root/proc"
  mkdir -p "$root/root"
fi
# As somebody who has just logged in.
inside() { chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
# What is on the root, but for what the package manager itself writes down.
listing() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/log -o -path ./var/cache \) -prune -o -type d -printf '%p/ %m\n' -o -printf '%p %m %s %l\n' | sort)
}
as_it_was() {
  listing > "$work/after"
  diff "$work/before" "$work/after" > "$work/left" || { cat "$work/left" >&2; fail "$1: after the removal the root is not as it was."; }
}
# refused TEXT COMMAND…: it ends with another code than 0, says TEXT in one line, and changes nothing.
refused() {
  local text=$1 said status=0
  shift
  said=$("$@" 2>&1) || status=$?
  [ "$status" != 0 ] || fail "it should have refused: $*"
  [ "$(printf '%s\n' "$said" | wc -l)" = 1 ] || fail "it said more than one line: $said"
  case $said in *"$text"*) ;; *) fail "it did not say '$text': $said" ;; esac
  echo "Refused, as it should: $said"
  as_it_was "a refusal"
}

if wanted installer; then
  step "install.sh, over HTTPS with an authority of one's own"
  version=$(cat "$release/VERSION")
  mkdir -p "$work/tls" "$work/site/latest/download" "$work/site/download/v$version" "$work/site/spoiled/download/v$version"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=try -addext basicConstraints=critical,CA:TRUE -keyout "$work/tls/ca.key" -out "$work/tls/ca.pem" 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout "$work/tls/key.pem" -out "$work/tls/request.pem" 2>/dev/null
  openssl x509 -req -days 2 -in "$work/tls/request.pem" -CA "$work/tls/ca.pem" -CAkey "$work/tls/ca.key" -CAcreateserial -extfile <(echo 'subjectAltName=IP:127.0.0.1') -out "$work/tls/cert.pem" 2>/dev/null
  cp "$release/install.sh" "$work/site/"
  cp "$release/VERSION" "$work/site/latest/download/"
  cp "$release/SHA256SUMS" "$release"/mcpprobe*-linux-x64.tar.gz "$work/site/download/v$version/"
  # What somebody in between would do: another archive under the same name.
  cp -r "$work/site/download" "$work/site/latest" "$work/site/spoiled/"
  cp "$release/mcpprobe-server-$version-linux-x64.tar.gz" "$work/site/spoiled/download/v$version/mcpprobe-$version-linux-x64.tar.gz"
  port=18390
  (cd "$work/site" && exec openssl s_server -quiet -WWW -accept "127.0.0.1:$port" -cert "$work/tls/cert.pem" -key "$work/tls/key.pem") > "$work/site.log" 2>&1 &
  site=$!
  until curl -fsS --cacert "$work/tls/ca.pem" "https://127.0.0.1:$port/latest/download/VERSION" 2>/dev/null | grep "$version" > /dev/null; do
    kill -0 "$site" 2>/dev/null || { cat "$work/site.log" >&2; fail "the server of releases ended."; }
    sleep 0.1
  done
  cp "$work/tls/ca.pem" "$root/tmp/"
  listing > "$work/before"

  line="curl -fsSL --cacert /tmp/ca.pem https://127.0.0.1:$port/install.sh | sh -s --"
  refused "should be " inside CURL_CA_BUNDLE=/tmp/ca.pem MCPPROBE_RELEASES="https://127.0.0.1:$port/spoiled" sh -c "$line"
  refused "could not be fetched: curl: (60)" inside MCPPROBE_RELEASES="https://127.0.0.1:$port" sh -c "$line"
  refused "could not be fetched: curl: (7)" inside CURL_CA_BUNDLE=/tmp/ca.pem MCPPROBE_RELEASES=https://127.0.0.1:1 sh -c "$line"
  for option in "" --server; do inside CURL_CA_BUNDLE=/tmp/ca.pem MCPPROBE_RELEASES="https://127.0.0.1:$port" sh -c "$line $option"; done
  kill "$site"
  wait "$site" 2>/dev/null || true
  site=''
  [ "$(inside mcpprobe --version)" = "$version" ] || fail "mcpprobe --version is not $version."
  serve installer chroot "$root" env -i HOME=/root /usr/local/bin/mcpprobe-server --demo --urls "http://127.0.0.1:$port"
  inside mcpprobe check "http://127.0.0.1:$port/mcp"
  inside mcpprobe snapshot "http://127.0.0.1:$port/mcp" -o /tmp/snapshot.json
  inside mcpprobe verify "http://127.0.0.1:$port/mcp" --baseline /tmp/snapshot.json --client sdk
  rm "$root/tmp/snapshot.json"
  stop installer
  # As docs/packages.md says it.
  inside sh -c 'rm -r /usr/local/bin/mcpprobe* ~/.net/mcpprobe-server && rmdir ~/.net'
  as_it_was "install.sh"
  rm "$root/tmp/ca.pem"
fi

if wanted archives; then
  step "Archives"
  listing > "$work/before"
  mkdir "$root/opt/mcpprobe"
  for program in mcpprobe mcpprobe-server; do tar -xzf "$release/$program"-[0-9]*-linux-x64.tar.gz -C "$root/opt/mcpprobe"; done
  for file in mcpprobe mcpprobe-sdk mcpprobe-server mcpprobe-server.service mcpprobe.1 completion.bash completion.zsh completion.fish completion.powershell LICENSE; do
    [ -s "$root/opt/mcpprobe/$file" ] || fail "the archives have no $file."
  done
  serve archive chroot "$root" env -i HOME=/root /opt/mcpprobe/mcpprobe-server --demo --urls http://127.0.0.1:18391
  inside /opt/mcpprobe/mcpprobe check http://127.0.0.1:18391/mcp
  inside /opt/mcpprobe/mcpprobe-server --health --urls http://127.0.0.1:18391
  demo archive 18391
  stop archive
  rm -r "$root/opt/mcpprobe" "$root/root/.net"
  as_it_was "the archives"
fi

if wanted debian; then
  step "Debian packages"
  listing > "$work/before"
  cp "$release"/*_amd64.deb "$root/tmp/"
  inside DEBIAN_FRONTEND=noninteractive sh -c 'apt-get install -y -qq --no-install-recommends /tmp/mcpprobe*.deb' > "$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; fail "the packages could not be installed."; }
  rm "$root"/tmp/*.deb
  for file in /usr/share/man/man1/mcpprobe.1.gz /usr/share/bash-completion/completions/mcpprobe /usr/share/zsh/vendor-completions/_mcpprobe \
    /usr/share/fish/vendor_completions.d/mcpprobe.fish /usr/lib/systemd/system/mcpprobe-server.service /etc/mcpprobe/probes.yaml; do
    [ -s "$root$file" ] || fail "the packages have no $file."
  done
  [ "$(stat -c %a "$root/etc/mcpprobe/environment")" = 600 ] || fail "others can read /etc/mcpprobe/environment."
  inside mcpprobe validate /etc/mcpprobe/probes.yaml
  # The unit makes it.
  mkdir -m 700 "$root/var/lib/mcpprobe"
  serve deb chroot "$root" env -i HOME=/var/lib/mcpprobe DOTNET_BUNDLE_EXTRACT_BASE_DIR=/var/cache/mcpprobe /usr/bin/mcpprobe-server --data /var/lib/mcpprobe --demo --urls http://127.0.0.1:18392
  inside mcpprobe check http://127.0.0.1:18392/mcp
  demo deb 18392
  stop deb
  [ -s "$root/var/lib/mcpprobe/mcpprobe.db" ] || fail "the server kept nothing in /var/lib/mcpprobe."
  echo '# mine' >> "$root/etc/mcpprobe/environment"
  inside dpkg --remove mcpprobe mcpprobe-server >/dev/null
  grep -q '^# mine$' "$root/etc/mcpprobe/environment" || fail "the removal took the configuration, which only a purge may."
  inside dpkg --purge mcpprobe-server >/dev/null
  as_it_was "dpkg --purge"
fi

if wanted containers; then
  step "Containers"
  export BUILDAH_OPTIONS="--storage-driver vfs --root $work/storage --runroot $work/run" BUD_OPTIONS="--isolation chroot"
  b() { buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
  for program in mcpprobe mcpprobe-server; do containers/build.sh "$program" "$release" "$program:try" >/dev/null; done
  small=$(b from mcpprobe:try) server=$(b from mcpprobe-server:try)
  for image in "$small 26214400" "$server 120000000"; do
    # shellcheck disable=SC2086 # two words
    set -- $image
    bytes=$(find "$(b mount "$1")" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
    echo "$1: $bytes bytes of $2"
    [ "$bytes" -le "$2" ] || fail "$1 is larger than $2 bytes."
  done
  b run --isolation chroot "$small" -- /usr/bin/mcpprobe --version
  serve container buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" run --isolation chroot "$server" -- /usr/bin/mcpprobe-server --data /data --demo --urls http://127.0.0.1:18393
  b run --isolation chroot "$small" -- /usr/bin/mcpprobe check http://127.0.0.1:18393/mcp
  b run --isolation chroot "$server" -- /usr/bin/mcpprobe-server --health --urls http://127.0.0.1:18393
  demo container 18393
  stop container
  b umount -a >/dev/null && b rm -a >/dev/null && b rmi -a >/dev/null
  [ -z "$(b images -q)$(b containers -q)" ] || fail "an image or a container is left."
fi

if wanted tool; then
  step "dotnet tool"
  mkdir "$work/home" "$work/tool"
  tar -xzf "$release"/mcpprobe-server-[0-9]*-linux-x64.tar.gz -C "$work/tool" ./mcpprobe-server
  export DOTNET_CLI_HOME=$work/home NUGET_PACKAGES=$work/packages DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
  dotnet tool install -g mcpprobe --source "$release"
  tool=$work/home/.dotnet/tools/mcpprobe
  [ "$("$tool" --version)" = "$(cat "$release/VERSION")" ] || fail "mcpprobe of the tool package has another version."
  serve tool env HOME="$work/home" "$work/tool/mcpprobe-server" --demo --urls http://127.0.0.1:18394
  "$tool" check http://127.0.0.1:18394/mcp
  stop tool
  dotnet tool uninstall -g mcpprobe
  left=$(find "$work/home/.dotnet/tools" -name '*mcpprobe*')
  [ -z "$left" ] || fail "dotnet tool uninstall left $left."
fi
if wanted systemd; then
  step "The service, with a running systemd"
  machine=$work/machine
  if [ -n "${SYSTEMD_ROOT:-}" ]; then
    cp -a "$SYSTEMD_ROOT" "$machine"
  else
    debootstrap --variant=minbase --include=ca-certificates,curl,libssl3,tzdata,systemd,systemd-sysv,dbus,procps bookworm "$machine" > "$work/machine.log" 2>&1 || { tail -n 5 "$work/machine.log" >&2; fail "debootstrap failed."; }
  fi
  cp "$release"/*_amd64.deb "$machine/root/"
  systemd-nspawn -q -D "$machine" --boot --register=no --keep-unit --private-network < /dev/null > "$work/boot.log" 2>&1 &
  running=$!
  # The first process of the machine, which is the only one that has the number 1 in it.
  leader=''
  within() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
      kill -0 "$running" 2>/dev/null || { tail -n 20 "$work/boot.log" >&2; fail "systemd: the machine ended."; }
      [ $SECONDS -lt $until ] || { inside_machine journalctl --no-pager -n 20 >&2 || true; fail "systemd: not within its time: $*"; }
      sleep 0.5
    done
  }
  finds_leader() {
    local child=$running
    while child=$(grep -ls "^PPid:[[:space:]]*$child\$" /proc/[0-9]*/status | head -n 1 | cut -d / -f 3) && [ -n "$child" ]; do
      if grep -q '^NSpid:.*[[:space:]]1$' "/proc/$child/status"; then leader=$child; return 0; fi
    done
    return 1
  }
  inside_machine() { nsenter --target "$leader" --all --root --wd env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
  is_up() { inside_machine systemctl is-system-running 2>/dev/null | grep -E '^(running|degraded)$' > /dev/null; }
  answers() { inside_machine curl -fsS -o /dev/null http://127.0.0.1:8080/api/live 2>/dev/null; }
  says() { inside_machine journalctl -u mcpprobe-server -o cat --no-pager | grep "$1" > /dev/null; }
  shows() { inside_machine systemctl show mcpprobe-server -p "$1" --value; }
  has_failed() { [ "$(shows ActiveState)" = failed ]; }
  within 20 finds_leader
  within 60 is_up
  inside_machine sh -c 'apt-get install -y -qq --no-install-recommends /root/mcpprobe*.deb' > "$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; fail "systemd: the packages could not be installed."; }
  within 60 answers
  [ "$(inside_machine ps -o user= -C mcpprobe-server)" != root ] || fail "systemd: the service runs as root."
  echo "Installed, it runs: as $(inside_machine ps -o user= -C mcpprobe-server), $(inside_machine systemd-analyze security mcpprobe-server --no-pager | tail -n 1)"

  # Options and log format from /etc/mcpprobe/environment; the probes file again by a reload.
  inside_machine sh -c 'echo MCPPROBE_ARGS=\"--probes /etc/mcpprobe/probes.yaml --demo --log-format json --log-level info\" >> /etc/mcpprobe/environment'
  inside_machine systemctl restart mcpprobe-server
  within 60 says '"Message":"[^"]*The page: '
  inside_machine mcpprobe check http://127.0.0.1:8080/mcp
  inside_machine sh -c 'printf "endpoints:\n  - id: own\n    url: http://127.0.0.1:8080/mcp\n" > /etc/mcpprobe/probes.yaml'
  inside_machine systemctl reload mcpprobe-server
  within 60 says '/etc/mcpprobe/probes.yaml.* was applied'
  [ "$(shows NRestarts)" = 0 ] || fail "systemd: the reload restarted the service."

  inside_machine systemctl stop mcpprobe-server
  [ "$(shows Result)/$(shows ExecMainStatus)" = success/0 ] || fail "systemd: a stopped service is $(shows Result)/$(shows ExecMainStatus)."
  # What is wrong stays down, with its reason in the journal.
  inside_machine sh -c 'echo MCPPROBE_ARGS=--nonsense >> /etc/mcpprobe/environment'
  inside_machine systemctl start mcpprobe-server 2>/dev/null || true
  within 60 has_failed
  [ "$(shows ExecMainStatus)/$(shows NRestarts)" = 2/0 ] || fail "systemd: a wrong option ended with $(shows ExecMainStatus), restarts: $(shows NRestarts)."
  says '^--nonsense: there is no such option' || fail "systemd: the journal does not say what is wrong."

  inside_machine dpkg --purge mcpprobe mcpprobe-server >/dev/null
  for file in /etc/mcpprobe /var/lib/mcpprobe /var/lib/private/mcpprobe /var/cache/mcpprobe /var/cache/private/mcpprobe /usr/lib/systemd/system/mcpprobe-server.service /etc/systemd/system/multi-user.target.wants/mcpprobe-server.service; do
    if inside_machine test -e "$file"; then fail "systemd: the purge left $file."; fi
  done
  # SIGRTMIN+4: power off.
  kill -RTMIN+4 "$leader"
  wait "$running" || true
  running=''
fi
step "All tried: $steps"
