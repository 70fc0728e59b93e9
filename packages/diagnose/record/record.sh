#!/bin/sh
# Collects what dmalab needs to know of a board into one archive: device tree, kernel, memory, IOMMUs, media devices, kernel log, and the
# DMA events of a command. Run as root. Nothing is changed for good: tracing and mounts are put back, on ^C too.
#
#   sh dmalab-record.sh                                    the board
#   sh dmalab-record.sh -- gst-launch-1.0 v4l2src ! kmssink    the board, and what this command does
#
# Needs a POSIX shell, sed, awk, od, find, tar and gzip; busybox has all of them.
#
# A file that is not there is no error, so cat reads it, not the shell.
# shellcheck disable=SC2002,SC2012
set -u
LC_ALL=C
export LC_ALL
umask 077

REDACT=yes # dmalab: redact
OUTPUT=
BUFFER=8192
EVENTS='dma dma_fence fence dma_buf dma_heap iommu swiotlb cma page_isolation vb2 v4l2 udmabuf ion host1x'
# Another root than /: for tests, and for the file system of a board that does not boot.
R=${DMALAB_ROOT:-}

usage() {
  cat <<'END'
usage: sh dmalab-record.sh [--output FILE] [--no-redact] [--buffer KIB] [--events 'GROUP...'] [-- COMMAND...]
  --output FILE     archive to write (default: dmalab-record-DATE.tar.gz here)
  --no-redact       keep serial numbers, MAC and IP addresses, host and user names
  --redact          leave them out (the default)
  --buffer KIB      ring buffer of each CPU while COMMAND runs (default: 8192)
  --events GROUPS   groups of trace events (default: all about DMA memory that this kernel has)
  COMMAND           is traced while it runs; ^C ends it, and the archive is written
END
}

fail() {
  echo "dmalab-record: $*" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
  --output | --buffer | --events)
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in --output) OUTPUT=$2 ;; --buffer) BUFFER=$2 ;; *) EVENTS=$2 ;; esac
    shift 2
    ;;
  --redact) REDACT=yes && shift ;;
  --no-redact) REDACT=no && shift ;;
  --help | -h) usage && exit 0 ;;
  --) shift && break ;;
  *) usage >&2 && fail "unknown option $1; a command stands behind --" ;;
  esac
done
case $BUFFER in '' | *[!0-9]* | 0) fail "--buffer $BUFFER is not a number of KiB" ;; esac
for tool in sed awk od find tar; do
  command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing"
done
if [ -z "$R" ] && [ "$(id -u)" != 0 ]; then fail 'run this as root: tracing, iomem and the kernel log need it'; fi

HERE=$(pwd)
[ -n "$OUTPUT" ] || OUTPUT=dmalab-record-$(date +%Y%m%d-%H%M%S).tar.gz
case $OUTPUT in /*) ;; *) OUTPUT=$HERE/$OUTPUT ;; esac
: >"$OUTPUT" || fail "$OUTPUT cannot be written"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dmalab.XXXXXX" 2>/dev/null) || {
  WORK=${TMPDIR:-/tmp}/dmalab.$$
  mkdir "$WORK" || fail "no folder for the parts in ${TMPDIR:-/tmp}"
}
OUT=$WORK/dmalab-record
mkdir "$OUT"

# --- what is put back

TRACING=
INSTANCE=
SAVED=
MOUNTED=

put_back() {
  if [ -n "$INSTANCE" ]; then
    echo 0 >"$INSTANCE/tracing_on" 2>/dev/null
    echo >"$INSTANCE/set_event" 2>/dev/null
    rmdir "$INSTANCE" 2>/dev/null
    INSTANCE=
  fi
  if [ -n "$SAVED" ]; then
    echo 0 >"$TRACING/tracing_on" 2>/dev/null
    echo >"$TRACING/set_event" 2>/dev/null
    [ ! -s "$SAVED/tracer" ] || cat "$SAVED/tracer" >"$TRACING/current_tracer" 2>/dev/null
    [ ! -s "$SAVED/buffer" ] || cat "$SAVED/buffer" >"$TRACING/buffer_size_kb" 2>/dev/null
    # One event a line: the file takes one a write.
    while IFS= read -r event; do
      echo "$event" >>"$TRACING/set_event" 2>/dev/null
    done <"$SAVED/events"
    [ ! -s "$SAVED/on" ] || cat "$SAVED/on" >"$TRACING/tracing_on" 2>/dev/null
    SAVED=
  fi
  for place in $MOUNTED; do umount "$place" 2>/dev/null; done
  MOUNTED=
}
DONE=
finish() {
  put_back
  rm -rf "$WORK"
  [ -n "$DONE" ] || rm -f "$OUTPUT"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# --- parts

# part NAME WHAT: a line of the list of contents.
part() { printf '%-28s %s\n' "$1" "$2" >>"$OUT/contents.txt"; }
missing() { printf '%-28s missing: %s\n' "$1" "$2" >>"$OUT/contents.txt"; }

# keep NAME WHAT: standard input as a part; what is empty is missing.
keep() {
  mkdir -p "$OUT/$(dirname "$1")"
  cat >"$OUT/$1" 2>/dev/null
  if [ -s "$OUT/$1" ]; then
    part "$1" "$2"
  else
    rm -f "$OUT/$1"
    missing "$1" "$2"
  fi
}

# files FILE...: each with its name before it.
files() {
  for file in "$@"; do
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then continue; fi
    echo "==> ${file#"$R"} <=="
    cat "$file" 2>/dev/null
    echo
  done
}

RELEASE=$(cat "$R/proc/sys/kernel/osrelease" 2>/dev/null || uname -r)

kernel_config() {
  if [ -r "$R/proc/config.gz" ]; then
    gzip -dc <"$R/proc/config.gz"
  else
    for file in "$R/boot/config-$RELEASE" "$R/lib/modules/$RELEASE/config" "$R/lib/modules/$RELEASE/build/.config" "$R/boot/config"; do
      [ -r "$file" ] && cat "$file" && break
    done
  fi
}

kernel_log() {
  if [ -z "$R" ] && dmesg 2>/dev/null; then :; else cat "$R/var/log/dmesg" 2>/dev/null; fi
}

iommu_groups() {
  for group in "$R"/sys/kernel/iommu_groups/*; do
    [ -d "$group" ] || continue
    echo "group ${group##*/} type $(cat "$group/type" 2>/dev/null || echo unknown)"
    for device in "$group"/devices/*; do
      [ -e "$device" ] || [ -L "$device" ] || continue
      echo "  device ${device##*/}"
    done
    sed 's/^/  reserved /' "$group/reserved_regions" 2>/dev/null
  done
}

# Every device with its driver, and the DMA masks where sysfs has them.
devices() {
  for bus in platform pci amba usb; do
    for device in "$R/sys/bus/$bus/devices"/*; do
      [ -e "$device" ] || continue
      driver=$(readlink "$device/driver" 2>/dev/null)
      mask=$(cat "$device/dma_mask_bits" 2>/dev/null)
      coherent=$(cat "$device/consistent_dma_mask_bits" 2>/dev/null)
      class=$(cat "$device/class" 2>/dev/null)
      [ -n "$driver$mask$class" ] || continue
      echo "$bus ${device##*/} driver=${driver##*/} dma_mask_bits=$mask consistent_dma_mask_bits=$coherent of=$(sed -n 's/^OF_FULLNAME=//p' "$device/uevent" 2>/dev/null)${class:+ class=$class}"
    done
  done
}

media() {
  for file in "$R"/sys/class/video4linux/*/name; do
    [ -r "$file" ] && echo "$(basename "$(dirname "$file")"): $(cat "$file")"
  done
  [ -z "$R" ] || return 0
  if command -v media-ctl >/dev/null 2>&1; then
    for node in /dev/media*; do [ -e "$node" ] && echo "==> media-ctl -p -d $node <==" && media-ctl -p -d "$node" 2>&1; done
  fi
  if command -v v4l2-ctl >/dev/null 2>&1; then
    for node in /dev/video*; do [ -e "$node" ] && echo "==> v4l2-ctl --all -d $node <==" && v4l2-ctl --all -d "$node" 2>&1; done
  fi
}

# mounted TYPE PLACE...: where a file system is mounted; mounted for this run where it is not.
mounted() {
  type=$1
  shift
  for place in "$@"; do
    if [ -n "$(ls -A "$R$place" 2>/dev/null)" ]; then
      echo "$R$place"
      return
    fi
  done
  [ -z "$R" ] || return
  mkdir "$WORK/$type" && mount -t "$type" "$type" "$WORK/$type" 2>/dev/null && echo "$WORK/$type"
}

collect() {
  echo 'dmalab record 1' >"$OUT/contents.txt"
  if [ "$REDACT" = yes ]; then
    echo 'redacted: serial numbers, MAC and IP addresses, host and user names' >>"$OUT/contents.txt"
  fi
  DEBUG=$(mounted debugfs /sys/kernel/debug)
  case $DEBUG in "$WORK"/*) MOUNTED="$MOUNTED $DEBUG" ;; esac

  files "$R/proc/version" | sed -e 1d -e '/^$/d' | keep kernel/version 'release and build of the kernel'
  kernel_config 2>/dev/null | keep kernel/config 'configuration (needs /proc/config.gz or /boot/config-RELEASE)'
  cat "$R/proc/cmdline" 2>/dev/null | keep kernel/cmdline 'command line'
  cat "$R/proc/cpuinfo" 2>/dev/null | keep kernel/cpuinfo 'CPUs'
  cat "$R/proc/modules" 2>/dev/null | keep kernel/modules 'modules'
  kernel_log | keep kernel/dmesg.txt 'kernel log'
  cat "$R/proc/iomem" 2>/dev/null | keep memory/iomem 'physical address space'
  cat "$R/proc/meminfo" 2>/dev/null | keep memory/meminfo 'memory figures, CmaTotal and CmaFree among them'
  cat "$R/proc/buddyinfo" 2>/dev/null | keep memory/buddyinfo 'free blocks by order'
  cat "$R/proc/pagetypeinfo" 2>/dev/null | keep memory/pagetypeinfo 'free blocks by migrate type'
  files "$R"/sys/kernel/mm/cma/*/* "$DEBUG"/cma/*/count "$DEBUG"/cma/*/used "$DEBUG"/cma/*/maxchunk "$DEBUG"/cma/*/base_pfn |
    keep memory/cma 'CMA areas (needs CONFIG_CMA_SYSFS or CONFIG_CMA_DEBUGFS)'
  files "$DEBUG"/memblock/memory "$DEBUG"/memblock/reserved | keep memory/memblock 'memory at boot (needs debugfs)'
  files "$DEBUG"/swiotlb/* "$DEBUG"/swiotlb/*/* | keep memory/swiotlb 'bounce buffers (needs debugfs)'
  files "$DEBUG"/dma_pools/* | keep memory/dma_pools 'pools for atomic allocations (needs debugfs)'
  files "$DEBUG"/dma_buf/bufinfo | keep memory/dma_buf 'dma-bufs (needs debugfs)'
  iommu_groups | keep iommu/groups 'IOMMU groups, their domain types and reserved regions'
  devices | keep devices/drivers 'devices, drivers, DMA masks'
  { [ -n "$R" ] || lspci -k 2>/dev/null; } | keep devices/lspci 'PCI functions (lspci -k, where it is)'
  media | keep devices/media 'media devices (media-ctl and v4l2-ctl where they are)'
  for file in "$DEBUG"/dma-api/*; do
    case $file in *driver_filter | *dump) continue ;; esac
    files "$file"
  done | keep debug/dma-api 'state of dma-debug (needs CONFIG_DMA_API_DEBUG and debugfs)'
  files "$DEBUG"/dma-api/driver_filter "$DEBUG"/dma-api/dump | keep debug/dma-api-dump 'what dma-debug holds as mapped'
}

# dash takes \t and its like in what echo is given.
line() { printf '%s\n' "$1"; }

# --- device tree

SECRETS='serial-number serialno rpi-serial64 rpi-duid mac-address local-mac-address address local-bd-address rng-seed kaslr-seed'

# hex FILE: bytes as " aa bb cc" on one line.
hex() { od -An -v -tx1 "$1" | tr -d '\n' | sed 's/  */ /g'; }
# bytes: such a line as bytes. printf takes octal escapes everywhere.
# shellcheck disable=SC2059
bytes() {
  awk 'BEGIN { RS = " "; d = "0123456789abcdef" }
    { gsub(/\n/, "") }
    $0 != "" {
      v = 16 * (index(d, substr($0, 1, 1)) - 1) + index(d, substr($0, 2, 1)) - 1
      l = l "\\" int(v / 64) int(v / 8) % 8 v % 8
      if (++n % 256 == 0) { print l; l = "" }
    }
    END { print l }' | while IFS= read -r line; do printf "$line"; done
}

# property WAS NOW: the edit that puts another value of the same length where a property has this one: token, length, name, value.
property() {
  length=$((${#1} / 3))
  head=$(printf ' 00 00 00 03 %02x %02x %02x %02x' $((length / 16777216)) $((length / 65536 % 256)) $((length / 256 % 256)) $((length % 256)))
  line "s/\($head\( [0-9a-f][0-9a-f]\)\{4\}\)$1/\1$2/g"
}

# Values of the same length instead of secret ones, so that the blob keeps its form.
tree_without_secrets() {
  base=$R/proc/device-tree/
  : >"$WORK/tree.sed"
  for name in $SECRETS; do
    find "$base" -name "$name" -type f 2>/dev/null
  done | while IFS= read -r file; do
    was=$(hex "$file")
    [ -n "$was" ] || continue
    # Text stays text (its last byte is the end), addresses become zeros.
    case $file in *serial*) now=$(echo "$was" | sed -e 's/[0-9a-f][0-9a-f]/78/g' -e 's/ 78$/ 00/') ;; *) now=$(echo "$was" | sed 's/[0-9a-f]/0/g') ;; esac
    property "$was" "$now" >>"$WORK/tree.sed"
  done
  if [ -s "$base/chosen/bootargs" ]; then
    length=$(wc -c <"$base/chosen/bootargs" | tr -d ' ')
    tr -d '\000' <"$base/chosen/bootargs" >"$WORK/args"
    echo >>"$WORK/args"
    # Blanks make up for what became shorter; what became longer is cut.
    { printf "%-$((length - 1)).$((length - 1))s" "$(redacted <"$WORK/args")" && printf '\000'; } >"$WORK/args.same"
    property "$(hex "$base/chosen/bootargs")" "$(hex "$WORK/args.same")" >>"$WORK/tree.sed"
  fi
  { hex "$1" && echo; } | sed -f "$WORK/tree.sed" | bytes
}

device_tree() {
  if [ -r "$R/sys/firmware/fdt" ]; then
    if [ "$REDACT" = yes ]; then tree_without_secrets "$R/sys/firmware/fdt"; else cat "$R/sys/firmware/fdt"; fi |
      keep devicetree/board.dtb 'device tree as the kernel got it'
  elif [ -d "$R/proc/device-tree/" ] && [ -n "$(ls -A "$R/proc/device-tree/" 2>/dev/null)" ]; then
    mkdir -p "$OUT/devicetree/base"
    (cd "$R/proc/device-tree/" && tar cf - .) 2>/dev/null | (cd "$OUT/devicetree/base" && tar xf -) 2>/dev/null
    if [ "$REDACT" = yes ]; then
      for name in $SECRETS; do find "$OUT/devicetree/base" -name "$name" -type f -exec rm -f {} \;; done
      args=$OUT/devicetree/base/chosen/bootargs
      if [ -f "$args" ]; then
        { tr -d '\000' <"$args" | redacted | tr -d '\n' && printf '\000'; } >"$WORK/args" && cat "$WORK/args" >"$args"
      fi
    fi
    part devicetree/base 'device tree as the running kernel has it'
  else
    missing devicetree/board.dtb 'this machine was not booted with a device tree'
  fi
}

# --- what is left out

# word TEXT: as a pattern of sed.
word() { echo "$1" | sed 's/[]\/$*.^[]/\\&/g'; }

make_redaction() {
  {
    # MAC addresses; addresses of PCI functions have fewer parts.
    line 's/\([^0-9A-Fa-f:-]\|^\)[0-9A-Fa-f]\{2\}\([:-][0-9A-Fa-f]\{2\}\)\{5\}\([^0-9A-Fa-f:-]\|$\)/\1xx:xx:xx:xx:xx:xx\3/g'
    # IPv6: eight parts, or a double colon; then IPv4.
    line 's/\([^0-9A-Za-z:.]\|^\)[0-9A-Fa-f]\{1,4\}\(:[0-9A-Fa-f]\{1,4\}\)\{7\}\([^0-9A-Za-z:]\|$\)/\1IPV6\3/g'
    line 's/\([^0-9A-Za-z:.]\|^\)[0-9A-Fa-f]\{1,4\}\(:[0-9A-Fa-f]\{1,4\}\)*::\([0-9A-Fa-f:]*\)\([^0-9A-Za-z:]\|$\)/\1IPV6\4/g'
    line 's/\([^0-9A-Za-z.]\|^\)[0-9]\{1,3\}\(\.[0-9]\{1,3\}\)\{3\}\([^0-9A-Za-z.]\|$\)/\1IPV4\3/g'
    # Serial numbers.
    line 's/\([Ss]erial *[Nn]o\.\{0,1\}\|[Ss]erial *[Nn]umber\|SerialNumber\|[Ss]erial#\|serialno\)\([ 	]*[:=][ 	]*"\{0,1\}\)[0-9A-Za-z_.-]\{4,\}/\1\2SERIAL/g'
    line 's/\([Ss]erial\)\([ 	]*[:=][ 	]*\)[0-9A-Za-z]\{8,\}/\1\2SERIAL/g'
    line 's/\(LABEL\|UUID\|PARTUUID\|PARTLABEL\)=[^ ",]*/\1=ID/g'
    # Who built the kernel, and home folders.
    line 's/^\(.*Linux version [^ ]* (\)[^ )]*@[^ )]*)/\1USER@HOST)/'
    line 's/\/home\/[^\/ ":]*/\/home\/USER/g'
    host=$(cat "$R/proc/sys/kernel/hostname" 2>/dev/null)
    users=$(awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' "$R/etc/passwd" 2>/dev/null)
    for name in $host; do
      case $name in '(none)' | localhost | ?) continue ;; esac
      line "s/\([^0-9A-Za-z_.,-]\|^\)$(word "$name")\(\.[0-9A-Za-z.-]*\)\{0,1\}\([^0-9A-Za-z_,-]\|$\)/\1HOST\3/g"
    done
    for name in $users ${SUDO_USER:-}; do
      case $name in root | ?) continue ;; esac
      line "s/\([^0-9A-Za-z_.,-]\|^\)$(word "$name")\([^0-9A-Za-z_.,-]\|$\)/\1USER\2/g"
    done
  } >"$WORK/redact.sed"
}
# Twice: what separates two matches belongs to the first.
redacted() { sed -f "$WORK/redact.sed" | sed -f "$WORK/redact.sed"; }

redact_parts() {
  find "$OUT" -type f ! -path '*/devicetree/*' | while IFS= read -r file; do
    redacted <"$file" >"$WORK/clean" && cat "$WORK/clean" >"$file"
  done
}

# --- trace of a command

# Ring buffers of all CPUs take at most an eighth of the memory.
buffer_size() {
  cpus=$(grep -c '^processor' "$R/proc/cpuinfo" 2>/dev/null)
  free=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' "$R/proc/meminfo" 2>/dev/null)
  [ "${cpus:-0}" -gt 0 ] || cpus=1
  most=$((${free:-$((BUFFER * 8 * cpus))} / 8 / cpus))
  if [ "$BUFFER" -gt "$most" ]; then echo "$most"; else echo "$BUFFER"; fi
}

open_tracing() {
  TRACING=$(mounted tracefs /sys/kernel/tracing /sys/kernel/debug/tracing)
  case $TRACING in "$WORK"/*) MOUNTED="$MOUNTED $TRACING" ;; '') [ ! -d "$DEBUG/tracing" ] || TRACING=$DEBUG/tracing ;; esac
  [ -n "$TRACING" ] && [ -w "$TRACING/tracing_on" ] || return 1
  # An instance has a buffer and events of its own: whoever is tracing is not disturbed.
  if mkdir "$TRACING/instances/dmalab.$$" 2>/dev/null; then
    INSTANCE=$TRACING/instances/dmalab.$$
    [ -w "$INSTANCE/set_event" ] && return 0
    rmdir "$INSTANCE" 2>/dev/null
    INSTANCE=
  fi
  mkdir "$WORK/saved"
  cat "$TRACING/tracing_on" >"$WORK/saved/on" 2>/dev/null
  cat "$TRACING/current_tracer" >"$WORK/saved/tracer" 2>/dev/null
  # "7 (expanded: 1408)" before the first use.
  sed -n 's/^\([0-9]*\).*/\1/p' "$TRACING/buffer_size_kb" >"$WORK/saved/buffer" 2>/dev/null
  cat "$TRACING/set_event" >"$WORK/saved/events" 2>/dev/null
  SAVED=$WORK/saved
  mkdir -p "$OUT/trace"
  grep -v '^#' "$TRACING/trace" 2>/dev/null | keep trace/before.txt 'what the ring buffer held before'
}

trace_command() {
  if ! open_tracing; then
    missing trace/trace.txt 'no tracefs here, or it may not be written (needs CONFIG_FTRACE and CONFIG_EVENT_TRACING)'
    echo 'dmalab-record: no tracefs: the command is not run' >&2
    return
  fi
  at=${INSTANCE:-$TRACING}
  echo 0 >"$at/tracing_on"
  [ -n "$INSTANCE" ] || echo nop >"$at/current_tracer" 2>/dev/null
  echo >"$at/set_event"
  buffer_size >"$at/buffer_size_kb" 2>/dev/null
  : >"$at/trace"
  mkdir -p "$OUT/trace"
  for group in $EVENTS; do
    [ -d "$TRACING/events/$group" ] || continue
    echo "$group:*" >>"$at/set_event" 2>/dev/null && ls "$TRACING/events/$group" | sed -e '/^enable$/d' -e '/^filter$/d' -e "s/^/$group:/"
  done | keep trace/events 'events that were recorded'
  for text in "$@"; do
    case $text in
    '' | *[!0-9A-Za-z_@%+=:,./!-]*) printf "'%s' " "$(line "$text" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s ' "$text" ;;
    esac
  done | keep trace/command 'the command'
  trap : INT
  echo 1 >"$at/tracing_on"
  (cd "$HERE" && "$@") 2>&1 | tee -i "$WORK/output"
  echo 0 >"$at/tracing_on"
  trap 'exit 130' INT
  cat "$at/trace" | keep trace/trace.txt 'what it did'
  # GStreamer and others say here what was refused.
  keep trace/output.txt 'what it printed' <"$WORK/output"
  files "$at"/per_cpu/*/stats | keep trace/stats 'entries and overruns of each buffer'
  kernel_log | keep kernel/dmesg-after.txt 'kernel log after the command'
  put_back
}

make_redaction
collect
device_tree
if [ $# -gt 0 ]; then trace_command "$@"; else missing trace/trace.txt 'no command was given'; fi
[ "$REDACT" = no ] || redact_parts
(cd "$WORK" && tar cf - dmalab-record) | if command -v gzip >/dev/null 2>&1; then gzip -c; else cat; fi >"$OUTPUT"
DONE=yes
cat "$OUT/contents.txt"
echo "written: $OUTPUT"
