#!/bin/bash
# print.sh - what the peers saw and what the store holds, so that two worlds can be compared. Source it after world.sh.
#
#   world_print    on stdout: one line per thing that has to be there as often as it is, times and ids left out
#                  (publish and sweep run as often as there is reason to: each start is one)
#   world_loose    what may be there twice after a crash: answers that only one person sees, model calls
#   world_sound    on stdout: what is wrong in the store and in the records, nothing when all is well (a late
#                  acknowledgement is the machine's load; what came of it is compared)

# Ages, clock times, figures of a measurement and ids left out; the numbers of incidents, plans and pull requests stay.
timeless() {
	sed -E 's/<!date[^>]*>/DATE/g
		s/inc-([0-9]+-[0-9]+)-[0-9a-f]{6}\b/inc-\1-FOLDER/g
		s/\[e[0-9]+\]/[e]/g
		s/\b(INC-|inc-|#)([0-9]+)(:[a-z]+:|-)?/\1n\2\3n/g
		s/[0-9]{2}:[0-9]{2}( UTC)?/TIME/g
		s/\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* [0-9]+\b/DAY/g
		s/[0-9]{10}\.[0-9]{6}/TS/g
		s/[▁▂▃▄▅▆▇█]+/CHART/g
		s/ses_[A-Za-z0-9]+/SESSION/g
		s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g
		s/\b[0-9a-f]{7,40}\b/SHA/g
		s/\b[0-9]+([., \xc2\xa0][0-9]+)*\b/N/g
		s/\bN ?(ms|s|min|h|d)\b( N ?(s|min|h)\b)?/AGE/g
		s/ +/ /g'
}

words='[.blocks[]? | .. | strings | select(test("^[a-f0-9]{5}$") | not)] | join(" ¦ ")'
of_bot='select(.bot_id and .for_user == null)'

# Which lines of the log are evidence depends on the minute of the look: of that message only that it is there.
slack_messages() {
	sb GET slack/state | jq -r ".channels[] | .id as \$c | .messages[] | (., .replies[]?) | $of_bot |
		(.metadata.event_payload.key // \"-\") as \$key |
		[\"message\", \$c, \$key, .text, (if \$key | test(\":evidence:\") then \"\" else $words end)] |
		select((\$key | test(\":act:\") | not) or (.[4] | contains(\"Not done: \") | not)) | join(\" | \")"
	sb GET slack/state | jq -r '.views[]? | "view " + .callback_id'
}

effects() {
	sb GET 'records?kind=effect' | jq -r '.records[] | (.what // .name) as $what |
		select($what | test("^(socket|update|ephemeral|view open|view publish|respond)") | not) |
		[.peer, $what, .channel // .repo // "", .key // .branch // .ref // .number // ""] | map(tostring) | join(" ")'
}

sessions() {
	local auth="opencode:${OPENCODE_PASSWORD:-s3cret-opencode}" base=${OPENCODE_URL:-$URL/opencode} id title
	curl -s -u "$auth" "$base/session?search=heal" | jq -r '.[] | .id + "\t" + .title' | while IFS=$'\t' read -r id title; do
		echo "session $title: $(curl -s -u "$auth" "$base/session/$id/message" |
			jq '[.[] | select(.info.role == "user")] | length') prompts"
	done
}

# Two outcomes that a kill may have, and what people then do; the second time is compared.
# - Slack takes no dialog after 3 s: the person is told to press again (open_form), nothing was begun.
# - Railway does not show what may have been sent: it is said and not sent again, the person asks once more (ask_act).
pressed_again="SELECT run FROM step WHERE name = 'dialog' AND state = 'failed'"
not_done="SELECT run FROM step WHERE name = 'not sent'"
as_confirmed='s/Done \(its answer was lost; found by looking\)\./Railway confirmed it./'

store_rows() {
	db "SELECT 'incident', id, service, signal, state, severity, reopened, acked_by, owner, how_ended, ended_by FROM incident;
		SELECT 'timeline', incident, kind, actor, CASE WHEN kind != 'opened' THEN note END FROM timeline
			WHERE kind NOT LIKE 'act%' ORDER BY id;
		SELECT 'act', incident, state, started_by, note, json_extract(proof, '$.verdict') FROM act
			WHERE note IS NULL OR note NOT LIKE 'Not done: %';
		SELECT DISTINCT 'slot', incident, CASE WHEN slot LIKE 'act:%' THEN 'act' ELSE slot END FROM slot ORDER BY 1, 2, 3;
		SELECT 'diagnosis', incident, version, confidence, remedy, hint FROM diagnosis;
		SELECT 'vote', incident, target, number, user, vote FROM vote;
		SELECT 'fix', incident, n, state, repo, branch, pr_number, error, json_extract(verification, '$.verdict') FROM fix;
		SELECT DISTINCT 'audit', user, what, incident FROM audit ORDER BY id;
		SELECT 'run', workflow, state, count(*) - (workflow = 'envelope' AND state = 'done') * (SELECT count(*) FROM ($not_done))
			FROM run WHERE id NOT IN ($pressed_again UNION $not_done)
			AND workflow NOT LIKE 'publish%' AND workflow != 'sweep' AND coalesce(waits, '') NOT LIKE 'poll of%'
			AND (workflow != 'envelope' OR id IN (SELECT run FROM inbox WHERE kind != 'events_api')) GROUP BY 2, 3;
		SELECT DISTINCT 'step', workflow, CASE WHEN name LIKE 'proof: %' THEN 'proof' ELSE name END, kind, step.state
			FROM run JOIN step ON run = run.id
			WHERE run.id NOT IN ($pressed_again UNION $not_done)
			AND workflow NOT LIKE 'publish%' AND workflow != 'sweep' AND run.state != 'cancelled' ORDER BY 1, 2, 3, 4;" |
		sed -E "$as_confirmed; s/[0-9]{2}:[0-9]{2} UTC/TIME/g; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g
			s/inc-([0-9]+-[0-9]+)-[0-9a-f]{6}/inc-\1-FOLDER/g"
}

world_print() {
	{
		slack_messages | timeless | sed -E "$as_confirmed; s/:act:n?[0-9]+/:act:#/"
		effects | grep -v ':act:' | sort
		sessions | sort
		sb GET github/pulls | jq -r '.pulls[] | "pull \(.number) \(.head.ref // .head) \(.state) \(.merged)"'
		store_rows
	}
}

world_loose() {
	sb GET slack/state | jq -r ".channels[] | .messages[] | (., .replies[]?) | select(.for_user) | \"only for \(.for_user): \(.text)\"" | timeless |
		grep -v "$trigger_expired" | sort
	sb GET 'records?peer=llm&kind=answer' | jq -r '.records[] | "model"'
}

world_sound() {
	db 'PRAGMA integrity_check' | grep -vx ok
	db 'PRAGMA foreign_key_check'
	sb GET 'records?kind=violation' | jq -r '.records[] | .what' | grep -vE '^socket|within 3 s|expired envelope' | sed 's/^/Slack saw: /'
	db "SELECT 'attempts above the policy: ' || workflow || '.' || name || ' ' || attempt FROM run JOIN step ON run = run.id
		WHERE attempt > CASE WHEN name LIKE 'follow:%' THEN 40 WHEN name LIKE 'until %' THEN 100 ELSE 6 END;
		SELECT 'a step is running in a run that has ended: ' || run || '.' || name FROM run JOIN step ON run = run.id
		WHERE step.state = 'running' AND run.ended != 0;
		SELECT 'an envelope without a run: ' || id FROM inbox WHERE run IS NULL;"
}
