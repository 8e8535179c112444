#!/usr/bin/env bash
# The page of `serve --inspect`, in a headless browser: what a server with two clients shows, of which one has blocked its thread.
# Its names, states and places are in the document, and the slowest polls stand before the tree. Pictures of it at the width of
# a screen and of a telephone are put into target/page, to be looked at.
#
# Needs chromium or Chrome; nothing is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/tools.sh
browser=""
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    browser=$(command -v "$name") && break
done
[ -n "$browser" ] || skip "there is no chromium and no Chrome here to draw the page with"
target=${CARGO_TARGET_DIR:-target}
page=$target/page
rm -rf "$page"
mkdir -p "$page"
page=$(cd "$page" && pwd)

cargo build --quiet -p purview-examples --bin serve
"$target/debug/serve" --listen 127.0.0.1:0 --inspect 127.0.0.1:0 --journal "$page/journal" --block 70ms \
    >"$page/stdout" 2>"$page/stderr" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    ! grep -q '^inspect at' "$page/stdout" || break
    kill -0 $server
    sleep 0.1
done
address=$(sed -n 's/^listening on //p' "$page/stdout")
url=$(sed -n 's/^inspect at //p' "$page/stdout")
# Two clients: of one a line was answered, the other has said nothing.
exec 3<>"/dev/tcp/${address%:*}/${address##*:}" 4<>"/dev/tcp/${address%:*}/${address##*:}"
printf 'hello\n' >&3
read -r _ <&3

# The page asks once a second, in the browser's virtual time: it is given enough for that to be answered.
look() {
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
        --user-data-dir="$page/profile" --virtual-time-budget=5000 "$@" "$url" 2>"$page/browser.log"
}
look --dump-dom >"$page/dom.html" || { cat "$page/browser.log" >&2; exit 1; }
bad=0
# has WHAT PATTERN
has() { tr -d '\n' <"$page/dom.html" | grep -qE "$2" || { echo "the page has no $1: $2" >&2; bad=1; }; }
has "summary" '<span id="summary">[0-9]+ tasks in [0-9]+ scopes'
for name in server connections connections/2 flusher operator; do
    has "name" "<span class=\"name\">$name<"
done
has "task that is idle" '<span class="state idle">idle [0-9.]+ (µs|ms|s)'
has "place" '>serve/[a-z]+\.rs:[0-9]+<'
has "scope that runs" '<span class="state scope">running'
has "report of a slow poll" '<li class="slow"[^>]*>slow poll: '
has "slowest poll before the tree" '<div id="slow"[^>]*><div class="row"><span class="time">[0-9.]+ m?s</span><span class="name">[^<]+</span>.*<main id="tree"><div class="node">'
for width in 1400 420; do
    look --screenshot="$page/$width.png" --window-size="$width,1000" >/dev/null
    [ -s "$page/$width.png" ] || { echo "no picture at $width pixels" >&2; bad=1; }
done
[ $bad -ne 0 ] || echo "the page shows names, states, places and slow polls; pictures: $page/1400.png, $page/420.png"
exit $bad
