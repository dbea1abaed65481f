#!/bin/bash
# matrix.sh: the crash matrix. The real bot is killed with SIGKILL at every boundary of every step of every workflow,
# started again, left to finish, and what the peers saw and what the store holds is compared with an undisturbed life.
#
#   matrix.sh          a few points in one life: each step dies at most as often as its attempts allow
#   matrix.sh alone    each point in a life of its own (long)
# CRASH_LIVES: only so many lives, chosen at random by CRASH_SEED, which is printed. CRASH_SECONDS: undisturbed lives are
# begun in the first half of that time, in an order chosen by CRASH_SEED, others until its end (or 20 s); at twice that time what
# still goes on is left. What was done is counted, what was not is told; without an undisturbed life nothing is proven.
# HEALBOT and SANDBOX are test builds, TMP is a folder. CRASH_JOBS (2) lives at a time; CRASH_STORIES picks stories;
# CRASH_POINTS is a regular expression that picks points. Prints TAP and a table.
set -u
here=$(cd "$(dirname "$0")" && pwd)
ROOT=${ROOT:-$(cd "$here/../.." && pwd)}
. "$here/stories.sh"
mode=${1:-together}
SEED=${CRASH_SEED:-$EPOCHSECONDS}
began=$EPOCHSECONDS
JOBS=${CRASH_JOBS:-2}
STORIES=${CRASH_STORIES:-$STORIES}
M=$TMP/matrix
export HEALBOT SANDBOX ROOT
rm -rf "$M"
mkdir -p "$M"

run_lives() { # lines "STORY FOLDER" on stdin
	xargs -r -P "$JOBS" -L 1 bash "$here/life.sh"
}

# --- what points there are

shuffled() { awk -v seed="$SEED" 'BEGIN {srand(seed)} {print rand(), $0}' | sort -n | cut -d ' ' -f 2-; }

until_s() { # SECONDS of CRASH_SECONDS, or 20 s from now: nothing is begun later
	[ -n "${CRASH_SECONDS:-}" ] || return 0
	CRASH_UNTIL=$((began + $1)) CRASH_END=$((began + 2 * CRASH_SECONDS))
	[ "$CRASH_UNTIL" -gt $((EPOCHSECONDS + 20)) ] || CRASH_UNTIL=$((EPOCHSECONDS + 20))
	export CRASH_UNTIL CRASH_END
}

calm_lives() {
	until_s $((${CRASH_SECONDS:-0} / 2))
	for s in $STORIES; do echo "$s $M/$s.calm"; done | shuffled | run_lives
	left=''
	for s in $STORIES; do
		if [ -e "$M/$s.calm/late" ]; then
			left="$left $s"
			continue
		fi
		[ ! -e "$M/$s.calm/trouble" ] && [ -s "$M/$s.calm/print" ] && [ ! -s "$M/$s.calm/sound" ] && continue
		echo "Bail out! the story $s does not come to its end even without a kill"
		tail -n 20 "$M/$s.calm"/{trouble,sound,err} 2>/dev/null | sed 's/^/# /'
		exit 2
	done
	for s in $left; do STORIES=$(tr ' ' '\n' <<<"$STORIES" | grep -vx "$s" | xargs); done
	[ -z "$left" ] || echo "# no time was left for the stories$left"
}

# Each point belongs to the first story that reaches it. No step may lose all its attempts (4 of an answer):
# a life has at most 3 kills, 2 of one step, for a kill counts for whatever else was being executed.
plan_lives() {
	for s in $STORIES; do
		grep -v '^killed' "$M/$s.calm/reached" | grep ':1$' | grep -E "${CRASH_POINTS:-.}" | awk '!seen[$0]++' | sed "s/^/$s /"
	done | awk -v most="$([ "$mode" = alone ] && echo 1 || echo 3)" -v m="$M" '
		{
			point = substr($0, length($1) + 2)
			if (seen[point]++)
				next
			step = point
			sub(/^[^:]*:/, "", step); sub(/ [A-Z]+ [^ ]*$/, "", step); sub(/:1$/, "", step)
			limit = step ~ /dialog|investigate.ask/ ? 1 : 2
			for (life = 1; kills[$1, life] >= most || of[$1, life, step] >= limit; life++)
				;
			kills[$1, life]++
			of[$1, life, step]++
			print $1, m "/" $1 "." life, point
		}' >"$M/plan.all"
	sample >"$M/plan"
	while read -r story dir point; do
		mkdir -p "$dir"
		echo "$point" >>"$dir/points"
		cp "$dir/points" "$dir/wanted"
	done <"$M/plan"
	cut -d ' ' -f 1,2 "$M/plan" | sort -u >"$M/lives"
}

# CRASH_LIVES of them, chosen by CRASH_SEED; all when it is not set.
sample() {
	if [ -z "${CRASH_LIVES:-}" ]; then
		cat "$M/plan.all"
		return
	fi
	cut -d ' ' -f 2 "$M/plan.all" | sort -u | shuffled | head -n "$CRASH_LIVES" >"$M/chosen"
	awk 'NR == FNR {chosen[$1] = 1; next} chosen[$2]' "$M/chosen" "$M/plan.all"
}

# --- how a life is judged: what it says is one line for each violation

judge() { # STORY FOLDER
	local calm=$M/$1.calm more
	if [ -e "$2/trouble" ] || [ ! -s "$2/print" ]; then
		echo "it did not come to its end: $(head -c 300 "$2/trouble" "$2/err" 2>/dev/null | tr '\n' ' ')"
		return
	fi
	sed 's/^/unsound: /' "$2/sound"
	diff "$calm/print" "$2/print" | grep '^[<>]' | cut -c 1-400
	diff <(grep -v '^model' "$calm/loose" | sort -u) <(grep -v '^model' "$2/loose" | sort -u) | grep '^[<>]' | cut -c 1-300
	more=$(($(wc -l <"$2/loose") - $(wc -l <"$calm/loose")))
	[ "$more" -le "$(wc -l <"$2/killed")" ] || echo "$more answers or model calls more than without the kills"
	sed 's/^/never reached again: /' "$2/points"
}

judge_all() {
	while read -r story dir; do
		judge "$story" "$dir" >"$dir/violations"
		[ ! -s "$dir/violations" ] || echo "$story $dir"
	done <"$M/lived"
}

# --- every workflow and every step of the sources is entered

steps_of_sources() {
	(cd "$ROOT" && cat $(find handlers bot/app bot/fix -name '*.c')) | tr -s ' \t\n' ' ' |
		grep -oE '\b(wf_(step|step_with|spawn|spawn_with|join|sleep|sleep_until|wait)|change|event) ?\( ?w, [^";]{0,40}"[^"]*"|\b(reply|reply_text|confirm_text) ?\( ?w, [^,;]*, "[^"]*"|\{ ?\.name = "[a-z]*", \.body|\{"[a-z]+", render_' |
		grep -oE '"[^"]*"' | tr -d '"' | sed -E 's/%(lld|d|zu)/#/g' | sort -u
}
workflows_of_sources() {
	(cd "$ROOT" && cat $(find handlers bot/app -name '*.c')) | tr -s ' \t\n' ' ' |
		grep -oE 'const struct workflow wf_[a-z_]+ = \{[^}]*\}' |
		sed -E 's/.*\.name = "([^"]*)".*/&\n\1/; ' | awk '
			/^const/ {line = $0; next}
			{print; if (line ~ /on_failure/) print $0 "!failed"; if (line ~ /on_cancel/) print $0 "!cancelled"}'
}
# A %s stands for any word.
unentered_steps() {
	steps_of_sources | grep -v %s | grep -vxFf "$M/steps"
	steps_of_sources | grep %s | while read -r step; do
		grep -qxE "$(sed 's/[][\.*^$?+(){}|]/\\&/g; s/%s/.+/g' <<<"$step")" "$M/steps" || echo "$step"
	done
}
unentered() {
	sed -E 's/^killed //; s/^[^:]*://; s/:[0-9]+$//; s/ [A-Z]+ [^ ]*$//' "$M"/*/reached | sort -u >"$M/places"
	sed 's/^[^.]*\.//' "$M/places" | sort -u >"$M/steps"
	grep -v '^#' "$here/unentered" | sed -E 's/  +# .*//' | sort -u >"$M/excused"
	{
		unentered_steps | sed 's/^/step /'
		workflows_of_sources | grep -vxFf "$M/places" | sed 's/^/workflow /'
	} | grep -vxFf "$M/excused"
}

# --- the table

table() {
	echo "# point          reached  killed  violations"
	cut -d ' ' -f 3- "$M/plan" | cut -d : -f 1 | sort | uniq -c | while read -r n point; do
		killed=$(cat "$M"/*/killed | grep -c "^$point:")
		bad=$(while read -r story dir; do
			[ -s "$dir/violations" ] && grep -q "^$point:" "$dir/killed" && echo x
		done <"$M/lived" | wc -l)
		printf '# %-14s %7d %7d %11d\n' "$point" "$n" "$killed" "$bad"
	done
	echo "# CRASH_SEED=$SEED"
	echo "# $(wc -l <"$M/plan") of $(wc -l <"$M/plan.all") points in $(wc -l <"$M/lived") of $(wc -l <"$M/lives") lives of $(wc -w <<<"$STORIES") stories," \
		"$(cat "$M"/*/killed | wc -l) kills, $(cat "$M"/*/violations | wc -l) violations"
}

tap=0 bad=0
say() { # OK NAME
	tap=$((tap + 1))
	[ "$1" = ok ] || bad=1
	echo "$1 $tap - $2"
}

calm_lives
plan_lives
until_s "${CRASH_SECONDS:-}"
shuffled <"$M/lives" | run_lives
# A kill at the commit of a run's last step leaves no end to be killed at: such points have a life of their own.
while read -r story dir; do
	[ -e "$dir/seconds" ] && [ -s "$dir/points" ] || continue
	i=0
	while read -r point; do
		i=$((i + 1))
		mkdir -p "$dir.$i"
		echo "$point" | tee "$dir.$i/points" >"$dir.$i/wanted"
		echo "$story $dir.$i"
	done <"$dir/points"
	: >"$dir/points"
done <"$M/lives" >"$M/again"
run_lives <"$M/again"
cat "$M/again" >>"$M/lives"
while read -r story dir; do
	[ -e "$dir/late" ] || echo "$story $dir"
done <"$M/lives" >"$M/lived"
judge_all >"$M/bad"
table
if [ ! -s "$M/plan" ]; then
	say "not ok" "there are points to kill at"
fi
while read -r story dir; do
	say "not ok" "the life $(basename "$dir") leaves what an undisturbed one leaves"
	sed 's/^/# killed at /' "$dir/killed"
	head -n 20 "$dir/violations" | sed 's/^/# /'
done <"$M/bad"
if [ ! -s "$M/lived" ]; then
	say ok "the peers and the store are left as by an undisturbed life # SKIP no life fitted into $CRASH_SECONDS s"
elif [ ! -s "$M/bad" ]; then
	say ok "the peers and the store are left as by an undisturbed life, wherever the bot dies"
fi
unentered >"$M/missing"
[ -n "$left" ] || sed 's/^/# entered by no story: /' "$M/missing"
# The sample names a step and fails only for a workflow; all of the matrix fails for both.
if [ -n "$left" ] || [ -n "${CRASH_STORIES:-}" ]; then
	say ok "every workflow and every hook is entered by a story # SKIP not all stories were told"
elif grep -q "^$([ -n "${CRASH_LIVES:-}" ] && echo workflow)" "$M/missing"; then
	say "not ok" 'every workflow, hook and step is entered by a story (tests/crash/stories.sh, unentered)'
else
	say ok 'every workflow, hook and step is entered by a story'
fi
echo "1..$tap"
exit "$bad"
