#!/bin/bash
# life.sh STORY FOLDER: one world, one story. FOLDER/points says where the bot dies; what came of it is left in the
# folder: print, loose, sound (print.sh), killed, reached and trouble (world.sh), seconds.
set -u
here=$(cd "$(dirname "$0")" && pwd)
W=$2
mkdir -p "$W"
if [ "$EPOCHSECONDS" -gt "${CRASH_UNTIL:-$EPOCHSECONDS}" ]; then
	touch "$W/late"
	exit 0
fi
exec 2>>"$W/err"
. "$here/world.sh"
. "$here/print.sh"
. "$here/stories.sh"
trap world_kill EXIT
begun=$(now_us)
"story_$1"
world_print >"$W/print"
world_loose >"$W/loose"
world_sound >"$W/sound"
world_stop
trap - EXIT
echo $(((EPOCHSECONDS * 1000000 - begun) / 1000000)) >"$W/seconds"
