#!/usr/bin/env bash
# Makes a Debian package of published programs: packaging/debian/make.sh PROGRAM VERSION ARCHITECTURE DIRECTORY-WITH-PROGRAMS OUT
# PROGRAM is mcpprobe or mcpprobe-server.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1 version=$2 architecture=$3 from=$4 out=$5

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
root=$work/root
mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/share/doc/$program"
cp LICENSE "$root/usr/share/doc/$program/copyright"

case $program in
  mcpprobe)
    about="Checks, compares and gates MCP servers"
    install -m 755 "$from/mcpprobe" "$root/usr/bin/mcpprobe"
    [ ! -e "$from/mcpprobe-sdk" ] || install -m 755 "$from/mcpprobe-sdk" "$root/usr/bin/mcpprobe-sdk"
    mkdir -p "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"
    "$from/mcpprobe" help --man | gzip -9n > "$root/usr/share/man/man1/mcpprobe.1.gz"
    "$from/mcpprobe" completion bash > "$root/usr/share/bash-completion/completions/mcpprobe"
    "$from/mcpprobe" completion zsh > "$root/usr/share/zsh/vendor-completions/_mcpprobe"
    "$from/mcpprobe" completion fish > "$root/usr/share/fish/vendor_completions.d/mcpprobe.fish"
    ;;
  mcpprobe-server)
    about="Watches MCP servers and tells people before their users find out"
    install -m 755 "$from/mcpprobe-server" "$root/usr/bin/mcpprobe-server"
    install -D -m 644 packaging/systemd/mcpprobe-server.service "$root/usr/lib/systemd/system/mcpprobe-server.service"
    install -D -m 644 packaging/debian/probes.yaml "$root/etc/mcpprobe/probes.yaml"
    install -D -m 600 packaging/debian/environment "$root/etc/mcpprobe/environment"
    printf '/etc/mcpprobe/probes.yaml\n/etc/mcpprobe/environment\n' > "$root/DEBIAN/conffiles"
    # With systemd running only: a container or a chroot has none.
    cat > "$root/DEBIAN/postinst" <<'S'
#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --now mcpprobe-server.service || true
fi
S
    cat > "$root/DEBIAN/prerm" <<'S'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl disable --now mcpprobe-server.service || true; fi
S
    cat > "$root/DEBIAN/postrm" <<'S'
#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -rf /var/lib/mcpprobe /var/lib/private/mcpprobe /var/cache/mcpprobe /var/cache/private/mcpprobe; fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
S
    chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
    ;;
  *) echo "packaging/debian/make.sh: $program is neither mcpprobe nor mcpprobe-server" >&2; exit 2 ;;
esac

cat > "$root/DEBIAN/control" <<C
Package: $program
Version: $version
Architecture: $architecture
Maintainer: The McpProbe authors <mcpprobe@users.noreply.github.com>
Depends: libc6 (>= 2.34), libssl3 | libssl3t64, ca-certificates$([ "$program" = mcpprobe ] || printf ', libstdc++6, libgcc-s1, tzdata')
Installed-Size: $(du -sk "$root" | cut -f 1)
Section: net
Priority: optional
Homepage: https://github.com/OWNER/mcpprobe
Description: $about
 McpProbe probes MCP (Model Context Protocol) servers the way their clients use
 them: handshake, protocol version, the whole tool catalogue.
C
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz --build "$root" "$out/${program}_${version}_${architecture}.deb" >/dev/null
echo "$out/${program}_${version}_${architecture}.deb"
