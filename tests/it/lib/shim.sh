#!/bin/bash
# shim.sh - what is preloaded into the bot. Source it after sandbox.sh.
#
#   shim_use NAME          from now on bot_start preloads tests/shim/NAME.c
#   shim_none
#   record_start           bot_start records into $TMP/record; RECORD_* are set (tests/shim/record.c)
#   fault FIELDS           what fails from now on (tests/shim/fault.c): e.g. fault F, fault -E, fault --+3600, fault --
#   play_folder            a folder for many small files, in memory when there is some
BOT_VARS=()

# A sanitizer's run-time must stand before what is preloaded.
shim_preload() {
	local runtime
	runtime=$(ldd "$HEALBOT" | awk '/lib[at]san\.so/ {print $3; exit}')
	echo "${runtime:+$runtime:}$BUILD/shim/$1.so"
}

shim_use() {
	BOT_VARS=("LD_PRELOAD=$(shim_preload "$1")")
	case $1 in
	fault)
		printf -- '--0%29s' '' >"$TMP/fault"
		BOT_VARS+=("FAULT_CTL=$TMP/fault" "FAULT_DB=$TMP/heal.db")
		;;
	record)
		rm -f "$TMP/record" "$TMP/marks"
		BOT_VARS+=("RECORD_LOG=$TMP/record" "RECORD_DB=$TMP/heal.db" "CRASH_MARKS=$TMP/marks")
		;;
	esac
}

shim_none() {
	BOT_VARS=()
}

# In place: the bot has the file mapped.
fault() {
	local now=$1
	printf '%-32s' "${now}$([ ${#now} -gt 2 ] || echo 0)" 1<>"$TMP/fault"
}

play_folder() {
	mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "$TMP")/heal-play.XXXXXX"
}
