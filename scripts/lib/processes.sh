# shellcheck shell=bash
# The demo's processes: who they are, how they are started, found again and ended.

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

state=$root/.sluice
processes=(demo-web demo-api control replica-1 replica-2)

# The port by which a process is known, and the path that says that it is up.
port_of() {
    case $1 in
        control) echo 9700 ;;
        replica-1) echo 9701 ;;
        replica-2) echo 9702 ;;
        demo-web) echo 9711 ;;
        demo-api) echo 9712 ;;
    esac
}
health_of() {
    case $1 in
        demo-*) echo / ;;
        *) echo /livez ;;
    esac
}
# shellcheck disable=SC2034
gateway_port=8080

# The kernel's start time of a process: a pid that was given to another process has another one.
start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The command in parentheses may hold spaces: count the fields behind it.
    stat=${stat##*) }
    # shellcheck disable=SC2086
    set -- $stat
    echo "${20}"
}

# Prints the pid of a process that scripts/up started and that still runs.
running() {
    local pid started
    read -r pid started 2>/dev/null <"$state/run/$1.pid" || return 1
    [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ] || return 1
    # A zombie has ended.
    [ "$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null)" != Z ] || return 1
    echo "$pid"
}

port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Says who listens, as far as this user may know.
port_holder() {
    command -v ss >/dev/null || return 0
    ss -ltnpH "sport = :$1" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/ by \1, pid \2/p' | head -n 1
}

refuse_taken_port() {
    if port_taken "$1"; then
        fail "port $1 ($2) is taken$(port_holder "$1") and not by a process that scripts/up started. End it, or run scripts/down if it is an older demo."
    fi
}

# launch NAME COMMAND...: in a session of its own, so that Ctrl-C reaches scripts/up alone and the order of ending is ours.
launch() {
    local name=$1
    shift
    setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null 9>&- &
    printf '%s %s\n' "$!" "$(start_time "$!")" >"$state/run/$name.pid"
    disown
}

# Waits until NAME answers; a process that ended meanwhile shows its last words.
await() {
    local name=$1 url
    url="http://127.0.0.1:$(port_of "$name")$(health_of "$name")"
    for _ in $(seq 200); do
        if ! running "$name" >/dev/null; then
            tail -n 15 "$state/log/$name.log" >&2
            fail "$name ended at once; its last words stand above, all of them in .sluice/log/$name.log"
        fi
        if curl -fs -o /dev/null --max-time 2 "$url"; then
            return 0
        fi
        sleep 0.1
    done
    fail "$name runs, but $url does not answer; see .sluice/log/$name.log"
}

# Asks the process to end, and ends it when it does not.
finish() {
    local name=$1 pid
    if pid=$(running "$name"); then
        kill -TERM "$pid" 2>/dev/null
        for _ in $(seq 400); do
            running "$name" >/dev/null || break
            sleep 0.05
        done
        if running "$name" >/dev/null; then
            say "$name does not end after 20 s: killed"
            kill -KILL "$pid" 2>/dev/null
        else
            say "$name ended"
        fi
    fi
    rm -f "$state/run/$name.pid"
}

# The workers first, while their backends still answer what is in flight.
finish_all() {
    local index
    for ((index = ${#processes[@]} - 1; index >= 0; index--)); do
        finish "${processes[index]}"
    done
}
