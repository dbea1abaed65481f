#!/bin/bash
# The simulated Railway refuses what the real one refuses: edge, tokens, documents, limits.
# shellcheck disable=SC2053,SC2016  # patterns are meant; $ belongs to GraphQL
set -u
n=0 bad=0
# check NAME GOT WANTED-PATTERN
check() {
	n=$((n + 1))
	if [[ $2 == $3 ]]; then
		echo "ok $n - $1"
	else
		bad=$((bad + 1))
		echo "not ok $n - $1"
		echo "# got: ${2:0:600}"
		echo "# wanted: $3"
	fi
}

exec 3< <(exec "$SANDBOX" --port 0)
sandbox=$!
trap 'kill $sandbox' EXIT
read -r -u 3 line
base=$(jq -r .url <<<"$line")
api="$base/railway/graphql/v2"
token=(-H 'Authorization: Bearer sandbox-railway-account')
type=(-H 'Content-Type: application/json')
# status and body of a query; $2 = variables
ask() {
	curl -sS --noproxy '*' -w '\n%{http_code}' "${type[@]}" "${token[@]}" "$api?source=test" \
		-d "$(jq -n --arg q "$1" --argjson v "${2:-{\}}" '{query:$q, variables:$v}')" |
		{ mapfile -t l; echo "${l[-1]} ${l[*]:0:${#l[@]}-1}"; }
}

check 'a good query' "$(ask '{ apiToken { workspaces { name } } }')" '200 {"data":{"apiToken":{"workspaces":\[{"name":"acme"}\]}}}'
check 'syntax error' "$(ask '{ apiToken { workspaces ')" '400 *GRAPHQL_PARSE_FAILED*'
check 'no query' "$(curl -sS --noproxy '*' "${type[@]}" "${token[@]}" "$api?source=t" -d '{}')" '*non-empty*query*'
check 'no JSON' "$(curl -sS --noproxy '*' "${type[@]}" "${token[@]}" "$api?source=t" -d 'query')" '*POST body missing*'
check 'wrong content type' "$(curl -sS --noproxy '*' "${token[@]}" "$api?source=t" -d '{}')" '*application/json*'
check 'unknown field' "$(ask '{ me { nick } }')" '400 *Cannot query field \\"nick\\" on type \\"User\\"*GRAPHQL_VALIDATION_FAILED*'
check 'no selection' "$(ask '{ me }')" '400 *must have a selection*'
check 'selection of a leaf' "$(ask '{ me { id { x } } }')" '400 *must not have a selection*'
check 'unknown argument' "$(ask '{ me(x: 1) { id } }')" '400 *Unknown argument*'
check 'missing argument' "$(ask '{ project { id } }')" '400 *is required, but it was not provided*'
check 'wrong literal' "$(ask '{ project(id: 3) { id } }')" '400 *cannot represent*'
check 'enum as string' "$(ask '{ metrics(startDate: "2026-01-01T00:00:00Z", measurements: ["CPU_USAGE"]) { measurement } }')" '400 *cannot represent*'
check 'undefined variable' "$(ask '{ project(id: $p) { id } }')" '400 *\\"$p\\" is not defined*'
check 'unused variable' "$(ask 'query Q($p: String) { me { id } }')" '400 *never used*'
check 'type of a variable' "$(ask 'query Q($p: Int!) { project(id: $p) { id } }' '{"p":1}')" '400 *used in position expecting type*'
check 'nullable variable for a required argument' "$(ask 'query Q($p: String) { project(id: $p) { id } }')" '400 *expecting type*'
check 'variable not given' "$(ask 'query Q($p: String!) { project(id: $p) { id } }')" '400 *was not provided*BAD_USER_INPUT*'
check 'value of a variable' "$(ask 'query Q($p: String!) { project(id: $p) { id } }' '{"p":{}}')" '400 *got invalid value*'
check 'unknown fragment' "$(ask '{ me { ...F } }')" '400 *Unknown fragment*'
check 'unused fragment' "$(ask '{ me { id } } fragment F on User { id }')" '400 *never used*'
check 'fragment in a circle' "$(ask '{ me { ...F } } fragment F on User { ...F }')" '400 *within itself*'
check 'fragment of another type' "$(ask '{ me { ...F } } fragment F on Project { id }')" '400 *can never be*'
check 'conflicting aliases' "$(ask '{ me { a: id a: name } }')" '400 *conflict*'
check 'unknown directive' "$(ask '{ me { id @once } }')" '400 *Unknown directive*'
check 'include and skip' "$(ask 'query Q($y: Boolean!) { me { id @include(if: $y) name @skip(if: $y) } }' '{"y":false}')" '200 {"data":{"me":{"name":"Ana"}}}'
check 'fragments and __typename' "$(ask '{ me { ...F ... on User { name } } } fragment F on User { __typename }')" '200 {"data":{"me":{"__typename":"User","name":"Ana"}}}'
check 'a mutation' "$(ask 'mutation { x }')" '400 *'
check 'one failing alias empties all' "$(ask '{ a: apiToken { workspaces { id } } b: project(id: "x") { id } }')" '200 {"data":null,"errors":\[*Project not found*"path":\["b"\]*traceId*'
many=$(for i in $(seq 25); do printf 'a%d: apiToken { workspaces { id } } ' "$i"; done)
check 'too many aliases' "$(ask "{ $many }")" '400 *exceeds maximum aliases*'
wide=$(for i in $(seq 300); do printf 'a%d: id b%d: name ' "$i" "$i"; done)
check 'too broad' "$(ask "{ me { $wide } }")" '400 *maximum breadth*max: 500*'
deep=$(printf '{%.0s' $(seq 2000))
check 'too deep' "$(ask "$deep")" '400 *GRAPHQL_PARSE_FAILED*'

check 'no User-Agent' "$(curl -sS --noproxy '*' -A '' -w ' %{http_code}' "${type[@]}" "$api?a=b" -d '{}')" '*1010* 403'
check 'another path' "$(curl -sS --noproxy '*' -w '%{http_code}' "${type[@]}" "$base/railway/graphql?a=b" -d '{}')" '*404'
codes=$(for i in $(seq 12); do curl -sS --noproxy '*' -o /dev/null -w '%{http_code} ' "${type[@]}" "$api" -d '{}'; done)
check 'no query string: shut out after ten a second' "$codes" '*400 *429*'
check 'limits are in the headers' "$(curl -sS --noproxy '*' -D - "${type[@]}" "${token[@]}" "$api?a=b" -d '{"query":"{me{id}}"}')" '*X-RateLimit-Remaining: *'

token=()
check 'no token' "$(ask '{ me { id } }')" '200 {"data":null,*Not Authorized*'
token=(-H 'Authorization: Bearer sandbox-railway-workspace')
check 'me with a workspace token' "$(ask '{ me { id } }')" '200 *Not Authorized*'
token=(-H 'Authorization: Bearer sandbox-railway-project')
check 'project token as Bearer' "$(ask '{ platformStatus { isStable } }')" '200 *Not Authorized*'
token=(-H 'Project-Access-Token: sandbox-railway-project')
check 'project token' "$(ask '{ projectToken { project { name } } }')" '200 *acme*'
check 'projects with a project token' "$(ask '{ projects { edges { node { id } } } }')" '200 *Not Authorized*'
token=(-H 'Project-Access-Token: nonsense')
check 'unknown project token' "$(ask '{ projectToken { name } }')" '200 *Project Token not found*'

token=(-H 'Authorization: Bearer sandbox-railway-account')
curl -sS --noproxy '*' "$base/_control/railway/limits" "${type[@]}" -d '{"per_hour":0}' >/dev/null
check 'over the plan' "$(curl -sS --noproxy '*' -D - "${type[@]}" "${token[@]}" "$api?a=b" -d '{"query":"{me{id}}"}')" '*429*Retry-After: 60*Too many requests*'

echo "1..$n"
exit $((bad > 0))
