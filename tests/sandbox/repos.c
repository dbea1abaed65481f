/* repos.c - small real programs with real defects. */
#include "sandbox/repos.h"

#include <stdlib.h>
#include <string.h>

static const char run_tests[] =
        "#!/bin/sh\n"
        "# Runs every tests/test_*.sh; exit status 1 when one fails.\n"
        "cd \"$(dirname \"$0\")/..\" || exit 2\n"
        "failed=0\n"
        "for t in tests/test_*.sh; do\n"
        "\tif sh \"$t\"; then echo \"ok   $t\"; else echo \"FAIL $t\"; failed=$((failed + 1)); fi\n"
        "done\n"
        "echo \"$failed failed\"\n"
        "[ \"$failed\" -eq 0 ]\n";

static const char ci_yml[] = "name: ci\n"
                             "on: [push, pull_request]\n"
                             "jobs:\n"
                             "  test:\n"
                             "    runs-on: ubuntu-latest\n"
                             "    steps:\n"
                             "      - uses: actions/checkout@v4\n"
                             "      - run: sh tests/run.sh\n";

/* --- acme/api: connections are lost on refused orders --- */

static const char api_pool[] =
        "# pool.sh - database connections: at most POOL_SIZE at once, each a file in POOL_DIR.\n"
        "\n"
        "pool_init() {\n"
        "\tPOOL_SIZE=${POOL_SIZE:-4}\n"
        "\tPOOL_DIR=$(mktemp -d)\n"
        "\ttrap 'rm -rf \"$POOL_DIR\"' EXIT\n"
        "}\n"
        "\n"
        "# Sets CLIENT, or fails when none is free.\n"
        "pool_acquire() {\n"
        "\tCLIENT=1\n"
        "\twhile [ \"$CLIENT\" -le \"$POOL_SIZE\" ]; do\n"
        "\t\tif [ ! -e \"$POOL_DIR/$CLIENT\" ]; then\n"
        "\t\t\t: >\"$POOL_DIR/$CLIENT\"\n"
        "\t\t\treturn 0\n"
        "\t\tfi\n"
        "\t\tCLIENT=$((CLIENT + 1))\n"
        "\tdone\n"
        "\techo \"Error: timeout exceeded when trying to connect\" >&2\n"
        "\treturn 1\n"
        "}\n"
        "\n"
        "pool_release() {\n"
        "\trm -f \"$POOL_DIR/$1\"\n"
        "}\n"
        "\n"
        "pool_in_use() {\n"
        "\tls \"$POOL_DIR\" | wc -l\n"
        "}\n";

static const char api_orders_good[] =
        "# orders.sh - POST /orders.\n"
        "\n"
        "# order_create ID QUANTITY: prints the answer's status line.\n"
        "order_create() {\n"
        "\tpool_acquire || {\n"
        "\t\techo \"500 order $1\"\n"
        "\t\treturn 0\n"
        "\t}\n"
        "\techo \"201 order $1 created\"\n"
        "\tpool_release \"$CLIENT\"\n"
        "}\n";

static const char api_orders_leak[] =
        "# orders.sh - POST /orders.\n"
        "\n"
        "# order_create ID QUANTITY: prints the answer's status line.\n"
        "order_create() {\n"
        "\tpool_acquire || {\n"
        "\t\techo \"500 order $1\"\n"
        "\t\treturn 0\n"
        "\t}\n"
        "\tif [ \"$2\" -le 0 ]; then\n"
        "\t\techo \"422 order $1: quantity must be positive\"\n"
        "\t\treturn 0\n"
        "\tfi\n"
        "\techo \"201 order $1 created\"\n"
        "\tpool_release \"$CLIENT\"\n"
        "}\n";

static const char api_test[] = ". ./src/pool.sh\n"
                               ". ./src/orders.sh\n"
                               "pool_init\n"
                               "[ \"$(order_create 1 2)\" = \"201 order 1 created\" ] || exit 1\n"
                               "[ \"$(pool_in_use)\" -eq 0 ]\n";

static const struct seed_file api_first[] = {
        {"README.md", "# api\n\nTakes orders. Tests: `sh tests/run.sh`.\n"},
        {"src/pool.sh", api_pool},
        {"src/orders.sh", api_orders_good},
        {"tests/run.sh", run_tests},
        {"tests/test_orders.sh", api_test},
        {".github/workflows/ci.yml", ci_yml},
        {NULL, NULL},
};
static const struct seed_file api_second[] = {
        {"src/orders.sh", api_orders_leak},
        {NULL, NULL},
};
static const struct seed_commit api_commits[] = {
        {"Take orders", "ana", 1763960400, api_first},
        {"Refuse orders without a quantity", "ana", 1763978340, api_second},
        {NULL, NULL, 0, NULL},
};
static const struct seed_repair api_repair = {
        .test_path = "tests/test_refused.sh",
        .test_text =
                "# Many refused orders in a row must not use up the connections.\n"
                ". ./src/pool.sh\n"
                ". ./src/orders.sh\n"
                "pool_init\n"
                "i=0\n"
                "while [ \"$i\" -lt 20 ]; do\n"
                "\torder_create \"$i\" 0 >/dev/null 2>&1\n"
                "\ti=$((i + 1))\n"
                "done\n"
                "[ \"$(pool_in_use)\" -eq 0 ] || { echo \"$(pool_in_use) connections lost\"; exit 1; }\n"
                "[ \"$(order_create 21 1)\" = \"201 order 21 created\" ]\n",
        .path = "src/orders.sh",
        .before = "\t\techo \"422 order $1: quantity must be positive\"\n"
                  "\t\treturn 0\n",
        .after = "\t\techo \"422 order $1: quantity must be positive\"\n"
                 "\t\tpool_release \"$CLIENT\"\n"
                 "\t\treturn 0\n",
        .title = "Release the connection of refused orders",
        .body = "A refused order returned before its connection went back to the pool, so every one of "
                "them used up a connection for good.\n\nThe connection is released on that path too; "
                "`tests/test_refused.sh` shows it with twenty refused orders in a row.\n",
};

/* --- acme/orders: one query for each row --- */

static const char orders_db[] =
        "# db.sh - the database: lines \"ID CUSTOMER\" in $DB; every query is counted in $DB.queries.\n"
        "\n"
        "query() {\n"
        "\techo \"$1\" >>\"$DB.queries\"\n"
        "}\n"
        "\n"
        "db_ids() {\n"
        "\tquery \"SELECT id FROM orders\"\n"
        "\tcut -d ' ' -f 1 \"$DB\"\n"
        "}\n"
        "\n"
        "db_customer() {\n"
        "\tquery \"SELECT customer FROM orders WHERE id = $1\"\n"
        "\tsed -n \"s/^$1 //p\" \"$DB\"\n"
        "}\n"
        "\n"
        "db_orders() {\n"
        "\tquery \"SELECT id, customer FROM orders\"\n"
        "\tcat \"$DB\"\n"
        "}\n";

static const char orders_list[] = "# list.sh - GET /orders: one line for each order.\n"
                                  "\n"
                                  "list_orders() {\n"
                                  "\tfor id in $(db_ids); do\n"
                                  "\t\techo \"$id $(db_customer \"$id\")\"\n"
                                  "\tdone\n"
                                  "}\n";

static const char orders_test[] = ". ./src/db.sh\n"
                                  ". ./src/list.sh\n"
                                  "DB=$(mktemp)\n"
                                  "trap 'rm -f \"$DB\" \"$DB.queries\"' EXIT\n"
                                  "printf '1 ana\\n2 ben\\n' >\"$DB\"\n"
                                  "[ \"$(list_orders)\" = \"$(printf '1 ana\\n2 ben')\" ]\n";

static const struct seed_file orders_first[] = {
        {"README.md", "# orders\n\nLists orders. Tests: `sh tests/run.sh`.\n"},
        {"src/db.sh", orders_db},
        {"src/list.sh", orders_list},
        {"tests/run.sh", run_tests},
        {"tests/test_list.sh", orders_test},
        {".github/workflows/ci.yml", ci_yml},
        {NULL, NULL},
};
static const struct seed_commit orders_commits[] = {
        {"List orders with their customers", "cho", 1763892000, orders_first},
        {NULL, NULL, 0, NULL},
};
static const struct seed_repair orders_repair = {
        .test_path = "tests/test_queries.sh",
        .test_text = "# The number of queries must not grow with the number of orders.\n"
                     ". ./src/db.sh\n"
                     ". ./src/list.sh\n"
                     "DB=$(mktemp)\n"
                     "trap 'rm -f \"$DB\" \"$DB.queries\"' EXIT\n"
                     "i=0\n"
                     "while [ \"$i\" -lt 50 ]; do echo \"$i ana\" >>\"$DB\"; i=$((i + 1)); done\n"
                     "list_orders >/dev/null\n"
                     "n=$(wc -l <\"$DB.queries\")\n"
                     "[ \"$n\" -le 2 ] || { echo \"$n queries for 50 orders\"; exit 1; }\n",
        .path = "src/list.sh",
        .before = "\tfor id in $(db_ids); do\n"
                  "\t\techo \"$id $(db_customer \"$id\")\"\n"
                  "\tdone\n",
        .after = "\tdb_orders\n",
        .title = "List orders with one query",
        .body = "The list asked the database once for each order, so its time grew with their number.\n\n"
                "It now reads all of them with one query; `tests/test_queries.sh` counts the queries for "
                "fifty orders.\n",
};

/* --- a healthy one, and one that nobody has shared with the bot --- */

static const struct seed_file reports_files[] = {
        {"README.md", "# reports\n\nNightly reports. Tests: `sh tests/run.sh`.\n"},
        {"src/report.sh", "report() {\n\tsort | uniq -c\n}\n"},
        {"tests/run.sh", run_tests},
        {"tests/test_report.sh", ". ./src/report.sh\n"
                                 "[ \"$(printf 'a\\na\\n' | report | tr -d ' ')\" = 2a ]\n"},
        {NULL, NULL},
};
static const struct seed_commit reports_commits[] = {
        {"Count lines", "ben", 1763805600, reports_files},
        {NULL, NULL, 0, NULL},
};

const struct seed_repo seed_repos[] = {
        {"acme/api", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/orders", true, "sh tests/run.sh", orders_commits, &orders_repair},
        {"acme/reports", false, "sh tests/run.sh", reports_commits, NULL},
        /* Only with SANDBOX_MANY_REPOS in the environment: ten that can be fixed side by side. */
        {"acme/shop-1", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-2", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-3", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-4", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-5", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-6", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-7", true, "sh tests/run.sh", api_commits, &api_repair},
        {"acme/shop-8", true, "sh tests/run.sh", api_commits, &api_repair},
        {NULL, false, NULL, NULL, NULL},
};

bool seed_repo_here(const struct seed_repo *r)
{
	return strncmp(r->name, "acme/shop-", 10) != 0 || getenv("SANDBOX_MANY_REPOS") != NULL;
}

const struct seed_repo *seed_repo_find(const char *name)
{
	for (const struct seed_repo *r = seed_repos; r->name; r++) {
		if (strcmp(r->name, name) == 0 && seed_repo_here(r))
			return r;
	}
	return NULL;
}
