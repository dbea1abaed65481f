# Heal: GNU make. `make help` lists the targets.
#
# Everything is built out of tree in build/$(MODE); modes live side by side. `make` builds the
# release (what is installed, shown and measured); `make test` builds debug, because a failing test
# wants a debugger; asan, tsan, cover and fuzz have their own trees.

MODE    ?= release
VERSION := 0.1.0
PREFIX  ?= /usr/local
CC      ?= cc
CLANG   ?= clang-14
JOBS    ?= 2
WERROR  ?= 1
FUZZ_SECONDS ?= 30

# Tests and checks need their programs in one mode only: delegate, so that `make test asan` works.
sub = +@$(MAKE) --no-print-directory MODE=$(1)

B := build/$(MODE)
ifneq ($(filter-out debug release asan tsan cover fuzz,$(MODE)),)
$(error MODE is one of debug release asan tsan cover fuzz, not '$(MODE)')
endif
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.DEFAULT_GOAL := all

# ---- flags ----------------------------------------------------------------------------------
ifeq ($(MODE),fuzz)
override CC := $(CLANG)
endif

PKGS := libwebsockets libcurl libcjson sqlite3 libpcre2-8 inih libcmark-gfm zlib openssl
ifeq ($(filter clean help deps fmt,$(MAKECMDGOALS)),)
# -isystem: a library's header is not held to our warnings. One -I of pkg-config is dropped that way
# too when the compiler has it anyway.
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS) 2>/dev/null))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -lpthread
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wwrite-strings -Wpointer-arith \
	-Wcast-qual -Wformat=2 -Wundef -Wnull-dereference
# What only gcc knows. Cutting a message to its buffer is intended, hence no -Wformat-truncation.
# clang's double-promotion stumbles over the NAN of math.h, and it knows no /* fall through */ comment.
WARN_GCC := -Wimplicit-fallthrough -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wdouble-promotion \
	-Wno-format-truncation
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
WARN += $(if $(IS_CLANG),-Wno-gnu-statement-expression,$(WARN_GCC))
# Packagers with another compiler: make WERROR=0
WARN += $(if $(filter 1,$(WERROR)),-Werror)

HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	-ftrivial-auto-var-init=zero
MODE_CFLAGS.debug   := -O0 -g3
MODE_CFLAGS.release := -O2 -g $(HARDEN)
MODE_CFLAGS.asan    := -O1 -g3 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
MODE_CFLAGS.tsan    := -O1 -g3 -fno-omit-frame-pointer -fsanitize=thread
MODE_CFLAGS.cover   := -O0 -g3 --coverage
MODE_CFLAGS.fuzz    := -O1 -g3 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
MODE_LDFLAGS.release := -Wl,-z,relro,-z,now,-z,noexecstack
MODE_LDFLAGS.asan   := -fsanitize=address,undefined
MODE_LDFLAGS.tsan   := -fsanitize=thread
MODE_LDFLAGS.cover  := --coverage
MODE_LDFLAGS.fuzz   := -fsanitize=address,undefined

# Instrumented code misleads the optimizer's flow analysis: null-dereference and maybe-uninitialized then
# reports paths that do not exist.
ifneq ($(filter asan tsan cover fuzz,$(MODE)),)
WARN += -Wno-null-dereference $(if $(IS_CLANG),,-Wno-maybe-uninitialized)
endif

# Where the crash tests kill the bot (bot/flow/crash.h); never in a release.
MODE_CPPFLAGS := $(if $(filter debug asan tsan cover,$(MODE)),-DHEAL_CRASH_POINTS)

# The user's own flags come last and win.
ALL_CFLAGS  = -std=c11 -D_GNU_SOURCE -DHEAL_VERSION='"$(VERSION)"' $(WARN) $(MODE_CFLAGS.$(MODE)) \
	-fPIE $(PKG_CFLAGS) $(MODE_CPPFLAGS) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed $(MODE_LDFLAGS.$(MODE)) $(LDFLAGS)

# Who may see which headers (the rest of the layer rule is tests/lint/layers.sh).
INC.handlers := -Iinclude
INC.bot      := -Iinclude -Ibot
INC.tests    := -Iinclude -Ibot -Itests
INC.build    := -Iinclude -Ibot

# ---- sources --------------------------------------------------------------------------------
walk = $(sort $(shell [ -d $(1) ] && find $(1) -name '$(2)' -type f))

SRC     := $(call walk,bot,*.c) $(call walk,handlers,*.c)
OBJ     := $(patsubst %.c,$(B)/%.o,$(filter-out bot/main.c,$(SRC))) $(B)/embed.o
SANDBOX_SRC := $(call walk,tests/sandbox,*.c)
SANDBOX := $(if $(SANDBOX_SRC),$(B)/sandbox)
UNITS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(call walk,tests/unit,test_*.c))
UNIT_HELP := $(patsubst %.c,$(B)/%.o,$(filter-out tests/unit/test_%,$(call walk,tests/unit,*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(call walk,tests/fuzz,fuzz_*.c))
REPLAYS := $(patsubst tests/fuzz/fuzz_%.c,$(B)/replay/%,$(call walk,tests/fuzz,fuzz_*.c))
BENCHES := $(patsubst tests/bench/%.c,$(B)/bench/%,$(call walk,tests/bench,bench_*.c))
# A part of make quality is a folder of tests/quality with a run.sh; C files in it become one program.
QUALITY_PARTS := $(sort $(patsubst tests/quality/%/,%,$(dir $(wildcard tests/quality/*/*.c))))
QUALITY_PROGRAMS := $(addprefix $(B)/quality/,$(QUALITY_PARTS))
ITC     := $(patsubst tests/it/%.c,$(B)/it/%,$(call walk,tests/it,test_*.c))
# Preloaded into the bot: they write down or spoil what it does to its disk.
SHIMS   := $(patsubst tests/shim/%.c,$(B)/shim/%.so,$(call walk,tests/shim,*.c))
POWERLOSS := $(if $(call walk,tests/powerloss,*.c),$(B)/powerloss)

# Files that are part of the programs: see bot/base/embed.h.
EMBED := $(sort $(call walk,bot/clients,*.graphql) $(call walk,bot/diagnose,*.csv) $(call walk,deploy/prompts,*) \
	$(foreach e,html css js svg,$(call walk,bot,*.$(e))))
# The sandbox has them too, and its own page and schema.
EMBED_SANDBOX := $(sort $(EMBED) $(foreach e,html css js svg graphqls json,$(call walk,tests/sandbox,*.$(e))))

# ---- rules ----------------------------------------------------------------------------------
.PHONY: all FORCE test test-programs run-tests run-fuzz check asan tsan fuzz bench cover compdb demo demo-stop install uninstall \
	clean help deps quality crash fmt docs print-healbot print-sandbox
all: $(B)/healbot $(SANDBOX) ## build the bot (and the sandbox): the default

$(B)/healbot: $(B)/bot/main.o $(B)/libbot.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/libbot.a: $(OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# embed_sandbox.o stands before libbot.a, so the archive's own embed.o is not pulled in.
$(B)/sandbox: $(patsubst %.c,$(B)/%.o,$(SANDBOX_SRC)) $(B)/embed_sandbox.o $(B)/libbot.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/%.o: %.c $(B)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(INC.$(firstword $(subst /, ,$*))) -MMD -MP -c -o $@ $<

$(B)/%.o: $(B)/%.c $(B)/.flags
	$(Q)$(CC) $(ALL_CFLAGS) $(INC.build) -MMD -MP -c -o $@ $<

$(B)/embed.c: $(EMBED) bot/base/embed.sh $(B)/.embed
	$(call say,EMBED,$@)
	$(Q)sh bot/base/embed.sh $(EMBED) > $@
$(B)/embed_sandbox.c: $(EMBED_SANDBOX) bot/base/embed.sh $(B)/.embed
	$(call say,EMBED,$@)
	$(Q)sh bot/base/embed.sh $(EMBED_SANDBOX) > $@

# Files that change only when what they record changes: flags, and the lists of files.
FLAGS_TEXT  = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(B)/.flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' > $@
$(B)/.embed: FORCE
	@mkdir -p $(@D); echo '$(EMBED_SANDBOX)' | cmp -s - $@ || echo '$(EMBED_SANDBOX)' > $@
# A removed source must leave the archive.
$(B)/.sources: FORCE
	@mkdir -p $(@D); echo '$(OBJ)' | cmp -s - $@ || { echo '$(OBJ)' > $@; rm -f $(B)/libbot.a; }
$(B)/libbot.a: | $(B)/.sources

$(B)/unit/%: $(B)/tests/unit/%.o $(UNIT_HELP) $(B)/libbot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka
$(B)/it/%: $(B)/tests/it/%.o $(UNIT_HELP) $(B)/libbot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka
# Without the sanitizer: its run-time stands before them.
$(B)/shim/%.so: tests/shim/%.c $(call walk,tests/shim,*.h) $(B)/.flags
	$(call say,SHIM,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared $(INC.tests) -o $@ $< -lpthread
$(B)/powerloss: $(patsubst %.c,$(B)/%.o,$(call walk,tests/powerloss,*.c)) $(B)/libbot.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)
$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libbot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)
quality_objects = $(patsubst %.c,$(B)/%.o,$(wildcard tests/quality/*.c tests/quality/$(1)/*.c))
$(foreach x,$(QUALITY_PARTS),$(eval $(B)/quality/$(x): $(call quality_objects,$(x))))
$(QUALITY_PROGRAMS): $(B)/libbot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libbot.a $(PKG_LIBS)
# A fuzz target runs its corpus under any compiler: a fixed crash stays fixed without clang.
$(B)/replay/%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libbot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libbot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

test-programs: all $(UNITS) $(REPLAYS) $(ITC) $(SHIMS) $(POWERLOSS)
run-tests: test-programs
	@BUILD=$(B) JOBS=$(JOBS) $(if $(TEST_TIMEOUT),TEST_TIMEOUT=$(TEST_TIMEOUT)) sh tests/run.sh $(TESTS)

# ---- targets --------------------------------------------------------------------------------
test: deps ## install what is missing, build in debug mode, run every test (TESTS=pattern)
	$(call sub,debug) run-tests

asan: ## the tests under AddressSanitizer, UBSan and LeakSanitizer
	$(call sub,asan) TEST_TIMEOUT=300 run-tests

tsan: ## the tests under ThreadSanitizer
	$(call sub,tsan) TEST_TIMEOUT=300 run-tests

fuzz: ## run each fuzz target for FUZZ_SECONDS (30) with clang's libFuzzer
	$(call sub,fuzz) run-fuzz
run-fuzz: $(FUZZERS)
	@BUILD=$(B) JOBS=$(JOBS) SECONDS_EACH=$(FUZZ_SECONDS) sh tests/fuzz/run.sh

bench: all $(BENCHES) ## measure speed and size on loopback
	@BUILD=$(B) HEALBOT=$(B)/healbot SANDBOX=$(B)/sandbox sh tests/bench/run.sh

check: all ## formatting, headers, layers, cppcheck, clang-tidy, GraphQL, Block Kit (LINT="fmt tidy" picks)
	@sh deploy/deps.sh check
	@CC='$(CC)' CLANG='$(CLANG)' JOBS=$(JOBS) MAKE='$(MAKE)' sh tests/lint/check.sh $(if $(filter default,$(origin LINT)),,$(LINT))

ifneq ($(wildcard tests/quality/run.sh),)
quality: all $(QUALITY_PROGRAMS) ## measure digest, redaction, judging on the project's own data (SEEDS="1 2 3" QUALITY=name)
	@BUILD=$(B) HEALBOT=$(B)/healbot sh tests/quality/run.sh
endif

ifneq ($(wildcard tests/crash/run.sh),)
crash: all ## kill -9 the bot at every step and compare what came out
	@BUILD=$(B) HEALBOT=$(B)/healbot SANDBOX=$(B)/sandbox sh tests/crash/run.sh
endif

cover: ## coverage of the tests: build/cover/html/index.html
	@rm -rf build/cover/*.info; find build/cover -name '*.gcda' -delete 2>/dev/null || true
	$(call sub,cover) run-tests
	@lcov -q -c -d build/cover -o build/cover/all.info
	@lcov -q -e build/cover/all.info '$(CURDIR)/bot/*' '$(CURDIR)/handlers/*' -o build/cover/heal.info
	@genhtml -q -o build/cover/html build/cover/heal.info
	@lcov --summary build/cover/heal.info

compdb: ## compile_commands.json for editors
	@sh tests/lint/compdb.sh '$(CC) $(ALL_CFLAGS)' $(SRC) $(call walk,tests,*.c) > compile_commands.json

demo: deps all ## a complete incident on this machine, with a page to look at
	@HEALBOT=$(abspath $(B))/healbot SANDBOX=$(abspath $(B))/sandbox bash deploy/demo.sh

demo-stop: ## end what make demo left running
	@bash deploy/demo.sh stop

deps: ## install missing Debian/Ubuntu packages and OpenCode (into build/)
	@sh deploy/deps.sh

fmt: ## format the C code
	@find bot handlers include tests -name '*.[ch]' -print0 2>/dev/null | xargs -0 clang-format-14 -i

install: all ## install below DESTDIR and PREFIX (/usr/local)
	install -D -m 755 $(B)/healbot $(DESTDIR)$(PREFIX)/bin/healbot
	[ ! -f deploy/healbot.8 ] || install -D -m 644 deploy/healbot.8 $(DESTDIR)$(PREFIX)/share/man/man8/healbot.8
	[ ! -f deploy/heal.ini.example ] || install -D -m 644 deploy/heal.ini.example $(DESTDIR)$(PREFIX)/share/doc/healbot/heal.ini.example
	[ ! -f deploy/heal.service ] || install -D -m 644 deploy/heal.service $(DESTDIR)$(PREFIX)/lib/systemd/system/heal.service

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/healbot $(DESTDIR)$(PREFIX)/share/man/man8/healbot.8 \
		$(DESTDIR)$(PREFIX)/share/doc/healbot/heal.ini.example \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/heal.service

clean: ## remove everything built (not build/opencode and build/npm, which were downloaded)
	rm -rf $(foreach m,debug release asan tsan cover fuzz lint,build/$(m)) compile_commands.json

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / && (!/^(quality|crash):/ || (getline l < ("tests/" $$1 "/run.sh")) > 0) {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: MODE=release|debug|asan|tsan|cover|fuzz V=1 WERROR=0 CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR JOBS"

docs: all ## write heal.ini.example, healbot.8 and the README's reference from the tables
	@sh tests/lint/docs.sh --write $(B)/healbot

# For scripts: where a program is in this mode.
print-healbot print-sandbox:
	@echo $(B)/$(@:print-%=%)

FORCE:

-include $(shell [ -d $(B) ] && find $(B) -name '*.d')
