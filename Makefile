# hjgate: the whole build, in one file that is not recursive.
#
#   make            build everything below build/
#   make test       every test, without touching the system; T=name picks by name
#   make check      install what is missing (Debian), then lint and every test
#   make check-system  the tests in booted machines (Debian 12 and 13), as root; T=name picks by name
#   make check-arm  unit tests and whole rounds by programs for arm64 and armhf, under qemu-user, and in 2040; ARCH=armhf picks one, T=name tests
#   make sim        worlds in virtual time, in which everything goes wrong: SEEDS=1000 DAYS=30, SEED=1 the first; GO_ON=1 goes on
#                   where the same programs were stopped
#   make sim-plants what is broken on purpose, one thing at a time, and the world that finds it
#   make lint       include table, sizes, documentation of keys, translations
#   make analyse    what tools find in the code and in its programs while they run, held against what is known, and what the tests reach of it; T=name
#                   picks a part, FULL=1 for everything
#   make torture    the real programs and a gremlin; MINUTES=5 SEED=n (a seed repeats the order of the faults)
#   make demo       a factory in this terminal; DEMO_SECONDS=90
#   make bench      the figures: speed, losses, memory; FULL=1 for the full counts
#   make bench-bus  the figures of the buses, beside a bare loop and other masters; FULL=1 for the full counts
#   make bench-store  the figures of the store: power cuts, clocks, disks, tampering, what is written; FULL=1 for the full counts
#   make bench-uplink  the figures of the uplinks: the codec, platforms that misbehave, outages, kills; FULL=1 for the full counts
#   make bench-judge  the figures of events, judgement and alerts; FULL=1 for the full counts
#   make bench-system  the figures of the installed suite: start, memory, access, power cuts; FULL=1 for the full counts
#   make bench-peers  one table beside what one would take instead and the limits; FULL=1 for the full counts; T=bus picks a group
#   make fuzz       every decoder under libFuzzer for MINUTES=5 each, JOBS=2 at a time; T=name picks by name, KEEP=1 keeps what they found worth
#   make install    DESTDIR and prefix honoured
#   make deb        a package for Debian, in build/deb, for the machine it is made on or ARCH=arm64, ARCH=armhf
#   make repo       a signed repository for apt, of what is in build/deb, for a fleet: KEY=fingerprint or file, OUT=folder
#   make stick      the package and all that it depends on, for a switch room without internet; ARCH, SUITE, OUT as above
#   make ipk        packages for opkg, with the toolchain of an image (CC, PKG_CONFIG_SYSROOT_DIR); ARCH=cortexa7t2hf-neon; packaging/yocto/README.md
#
#   SAN=address,undefined   with sanitizers (its own build folder)
#   RUN=qemu-arm-static     how a program of another machine is run (one makes the journal's catalog)
#   BUILD_CC=gcc            or the compiler that makes that program for this machine instead
#   WITHOUT="alerts tls locale"  leaves out alertd (libcurl), TLS (libssl), the translations; for images, not for the tests
#   W=                      without -Werror, for a compiler newer than ours
#   V=1                     show the commands

VERSION   := 0.1.0
SAN       ?=
comma     := ,
B         ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
# However it is spelled: what an object was made of is listed under its name, and under another nothing would be found to be new.
override B := $(patsubst $(CURDIR)/%,%,$(abspath $(B)))
T         ?=
V         ?=
RUN       ?=
Q          = $(if $(V),,@echo '  $(1) $@';)

prefix      ?= /usr
bindir      ?= $(prefix)/bin
libexecdir  ?= $(prefix)/libexec/hjgate
datadir     ?= $(prefix)/share
mandir      ?= $(datadir)/man
localedir   ?= $(datadir)/locale
sysconfdir  ?= /etc
unitdir     ?= $(or $(shell $(PKG_CONFIG) --variable=systemdsystemunitdir systemd 2>/dev/null),/lib/systemd/system)
generatordir ?= $(dir $(patsubst %/,%,$(unitdir)))system-generators
sysusersdir ?= $(prefix)/lib/sysusers.d
catalogdir  ?= $(prefix)/lib/systemd/catalog
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
udevrulesdir ?= $(prefix)/lib/udev/rules.d
INSTALL     ?= install
PKG_CONFIG  ?= pkg-config
BUILD_CC    ?=
WITHOUT     ?=

# ---- compiler -------------------------------------------------------------

CC        ?= gcc
NM        ?= $(shell $(CC) -print-prog-name=nm)
W         ?= -Werror
WARN      := -Wall -Wextra $(W) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
             -Wformat=2 -Wpointer-arith -Wundef -Wwrite-strings -Wno-unused-parameter
HARDEN    := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -fno-common
CFLAGS    ?= -Os -g
CPPFLAGS  += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DHJ_VERSION='"$(VERSION)"' -DHJ_LOCALEDIR='"$(localedir)"' \
             -DHJ_LIBEXECDIR='"$(libexecdir)"' -DHJ_DATADIR='"$(datadir)"' -Iinclude -I$(B)/gen
# A plain char is signed on every machine: on ARM it would not be by itself.
ALL_CFLAGS = -std=gnu11 -fsigned-char $(WARN) $(HARDEN) -ffunction-sections -fdata-sections $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections $(LDFLAGS)
ifneq ($(SAN),)
ALL_CFLAGS  += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE
ALL_LDFLAGS += -fsanitize=$(SAN)
endif

PKGS      := jansson libsystemd sqlite3 libconfig libmodbus libserialport libcrypto $(if $(filter alerts,$(WITHOUT)),,libcurl)
PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS   = $(shell $(PKG_CONFIG) --libs $(PKGS))

# ---- what is built --------------------------------------------------------

KNOWING   := base model hj212 meter series judge
SRC_DIRS  := $(addprefix src/,$(KNOWING) sys ipc)
LIB_SRC   := $(wildcard $(addsuffix /*.c,$(SRC_DIRS)))
IDL       := $(wildcard src/ipc/*.varlink)
IDL_SRC   := $(patsubst src/ipc/%.varlink,$(B)/gen/%.varlink.c,$(IDL))
LIB       := $(B)/libhjgate.a

# What the programs have in common is on the disk once. What wants SQLite or libcrypto is not in it: who does without them would load them, which is
# half a megabyte of memory a program; the few that keep records have it in themselves, out of $(LIB), which also is what tests link.
KEEPING   := $(wildcard $(addprefix src/sys/,ledger*.c secret*.c keyring.c journal.c) $(addprefix src/ipc/,backup.c key.c verify*.c))
SHARED    := $(B)/bin/libhjgate-$(VERSION).so

DAEMONS   := $(patsubst services/%/main.c,%,$(filter-out services/cli/% $(if $(filter alerts,$(WITHOUT)),services/alertd/%),$(wildcard services/*/main.c)))
CLI       := $(patsubst services/%/main.c,%,$(wildcard services/cli/main.c))
PROGRAMS  := $(addprefix $(B)/bin/hjgate-,$(DAEMONS)) $(if $(CLI),$(B)/bin/hjgate)
SIM       := $(patsubst tests/sim/%.c,$(B)/sim/%,$(wildcard tests/sim/hjsim-*.c))
UNIT      := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ      := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH     := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
WORLD_SERVICES := stored eventd judged uplinkd meterd cli
WORLD     := $(patsubst %,$(B)/world/%.so,$(WORLD_SERVICES)) $(B)/world/world
PO        := $(if $(filter locale,$(WITHOUT)),,$(wildcard share/locale/*.po))
MO        := $(patsubst share/locale/%.po,$(B)/locale/%/LC_MESSAGES/hjgate.mo,$(PO))

# TLS is a shared object that uplinkd loads where an uplink asks for it: libssl costs the others nothing.
TLS_SRC   := $(wildcard services/uplinkd/tls*.c)
TLS       := $(if $(filter tls,$(WITHOUT)),,$(B)/bin/hjgate-uplinkd-tls.so)

# The journal's catalog, made from the table of events: `journalctl -x` explains them, in each language there is.
CATALOG   := $(B)/catalog/hjgate.catalog $(patsubst share/locale/%.po,$(B)/catalog/hjgate.%.catalog,$(PO))

obj        = $(patsubst %.c,$(B)/obj/%.o,$(1))
service_objs = $(call obj,$(filter-out %/main.c $(TLS_SRC),$(wildcard services/$(1)/*.c)))

.PHONY: all tests check check-system check-arm test sim sim-plants lint analyse demo torture bench bench-bus bench-store bench-uplink bench-judge bench-system bench-peers fuzz fuzz-targets install deb deb-needs repo stick repo-needs ipk ipk-packed clean needs
.DELETE_ON_ERROR:
.SECONDARY:
all: $(PROGRAMS) $(TLS) $(MO) $(CATALOG)
tests: all $(SIM) $(UNIT) $(FUZZ) $(if $(SAN),,$(WORLD)) $(B)/bench/bus_noise $(B)/bench/store_forge $(B)/bench/store_fill

$(LIB): $(call obj,$(LIB_SRC)) $(patsubst %.c,%.o,$(IDL_SRC))
	@mkdir -p $(@D); rm -f $@
	$(call Q,AR)$(AR) rcs $@ $^

# Made anew as well where the flags may be others.
$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.varlink.c: src/ipc/%.varlink src/ipc/embed.sh
	@mkdir -p $(@D)
	$(call Q,IDL)sh src/ipc/embed.sh $< >$@

$(B)/gen/%.o: $(B)/gen/%.c
	$(call Q,CC)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# A service is main.c and the rest of its folder as an archive, which its unit tests link too.
define service_rules
$(B)/lib$(1).a: $(call service_objs,$(1))
	@mkdir -p $$(@D); rm -f $$@
	$$(call Q,AR)$(AR) rcs $$@ $$^
endef
$(foreach s,$(DAEMONS) $(CLI),$(eval $(call service_rules,$(s))))

$(call obj,$(LIB_SRC) $(wildcard services/*/*.c) tests/world/shim.c) $(patsubst %.c,%.o,$(IDL_SRC)): ALL_CFLAGS += -fPIC -fno-semantic-interposition
# A unit test is built once and runs for a second: what optimising it takes is not had back. How long a text may become is not seen then.
$(call obj,$(wildcard tests/unit/*.c)): ALL_CFLAGS += $(if $(filter -Os,$(CFLAGS)),-O0 -U_FORTIFY_SOURCE -Wno-format-truncation)
# What each byte of a frame goes through is to be quick, and what it is measured against as well.
$(call obj,$(wildcard src/base/*.c src/hj212/*.c bench/*.c tests/world/*.c tests/crash/*.c)): ALL_CFLAGS += $(if $(filter -Os,$(CFLAGS)),-O2)
# Of the shared object only what the programs ask for can be had from outside, with the clock that Debian 12's libraries on 32-bit ARM ask for
# (sys/now.c), and only what that needs is in it. A table that a program names lies in the program, and is one table only if the shared object
# looks for it by name too: functions alone are bound within.
ASKING    := $(foreach s,$(DAEMONS) $(CLI),$(B)/obj/services/$(s)/main.o $(B)/lib$(s).a) $(call obj,$(KEEPING))
$(B)/asked: $(ASKING)
	$(call Q,NM)(echo '{ global: clock_gettime;'; $(NM) -u $^ | sed -n 's/^ *U \([a-z].*\)$$/\1;/p' | sort -u; echo 'local: *; };') >$@
$(SHARED): $(call obj,$(filter-out $(KEEPING),$(LIB_SRC))) $(patsubst %.c,%.o,$(IDL_SRC)) $(B)/asked
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) -shared -Wl,-soname,$(@F),-Bsymbolic-functions,-z,defs,--version-script=$(B)/asked $(filter-out -pie,$(ALL_LDFLAGS)) -o $@ $(filter %.o,$^) $(filter-out -lsqlite3 -lcrypto,$(PKG_LIBS)) -lm

# They look for it beside themselves; the CLI, once installed, where the daemons are.
beside     = -Wl,-rpath,'$$ORIGIN$(1)'
$(B)/bin/hjgate-%: $(B)/obj/services/%/main.o $(B)/lib%.a $(SHARED) $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) $(beside) -o $@ $^ $(PKG_LIBS) -lm
$(B)/bin/hjgate-uplinkd-tls.so: $(call obj,$(TLS_SRC))
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) -shared $(filter-out -pie,$(ALL_LDFLAGS)) -o $@ $^ $(shell $(PKG_CONFIG) --libs libssl) -lcrypto

$(B)/bin/hjgate: $(B)/obj/services/cli/main.o $(B)/libcli.a $(SHARED) $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) $(call beside,:$$ORIGIN/$(shell realpath -m --relative-to='$(bindir)' '$(libexecdir)')) -o $@ $^ $(PKG_LIBS) -lm

$(B)/sim/%: $(B)/obj/tests/sim/%.o $(call obj,$(filter-out tests/sim/hjsim-%,$(wildcard tests/sim/*.c))) $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# test_stored_owed.c links services/stored as well: the first word names the service, if there is one.
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter-out $(LIB),$(filter %.a,$^)) $(LIB) $(PKG_LIBS) -lcmocka -lm
define unit_service
$(filter $(B)/unit/test_$(1)_%,$(UNIT)): $(B)/lib$(1).a
endef
$(foreach s,$(DAEMONS) $(CLI),$(if $(filter $(B)/unit/test_$(s)_%,$(UNIT)),$(eval $(call unit_service,$(s)))))

# The plugin is looked for beside the program, and the other end of its talk is libssl's.
$(B)/unit/$(notdir $(TLS)): $(TLS)
	@mkdir -p $(@D); ln -sf ../bin/$(@F) $@
$(B)/unit/test_uplinkd_tls: | $(B)/unit/$(notdir $(TLS))
$(B)/unit/test_uplinkd_tls: PKG_LIBS += -lssl

# Fuzz targets run their corpus and a fixed number of mutations here (driver.c); `make fuzz` links the same files with clang's libFuzzer, which has a
# driver of its own. A service in the name is linked as for a unit test.
FUZZ_DRIVER ?= driver
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/$(FUZZ_DRIVER).o $(B)/obj/tests/fuzz/mend.o $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter-out $(LIB),$(filter %.a,$^)) $(LIB) $(PKG_LIBS) -lm
define fuzz_service
$(filter $(B)/fuzz/fuzz_$(1)_%,$(FUZZ)): $(B)/lib$(1).a
endef
$(foreach s,$(DAEMONS) $(CLI),$(if $(filter $(B)/fuzz/fuzz_$(s)_%,$(FUZZ)),$(eval $(call fuzz_service,$(s)))))

# store_fill.c and the like link services/stored as well, as its unit tests do.
$(B)/bench/%: $(B)/obj/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter-out $(LIB),$(filter %.a,$^)) $(LIB) $(PKG_LIBS) -lcmocka -lm
$(filter $(B)/bench/store_%,$(BENCH)): $(B)/libstored.a

# A world of its own: its objects answer in place of the system's calls, so they are linked where they are wanted only.
CRASH := $(call obj,$(wildcard tests/crash/*.c))
$(B)/unit/test_sys_whole $(B)/unit/test_stored_cuts $(B)/bench/store_cuts $(B)/bench/store_day: $(CRASH)

# The world of `make sim`: each program as a shared object, so that one process holds all of them, each life of one with variables of its own
# (tests/world/fibre.c). What of the system they meet is answered by the world, which exports it.
define world_rules
$(B)/world/$(1).so: $(B)/obj/services/$(1)/main.o $(call service_objs,$(1)) $(B)/obj/tests/world/shim.o $(LIB)
	@mkdir -p $$(@D)
	$$(call Q,LD)$(CC) -shared -Wl,-Bsymbolic,--wrap=hj_ipc_server_add $(filter-out -pie,$(ALL_LDFLAGS)) -o $$@ $$^ $$(PKG_LIBS) -lm
endef
$(foreach s,$(WORLD_SERVICES),$(eval $(call world_rules,$(s))))
$(B)/world/world: $(call obj,$(wildcard tests/world/[!s]*.c tests/world/s[!h]*.c) tests/crash/clock.c tests/crash/disk.c) tests/world/exported
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) -Wl,--dynamic-list=tests/world/exported -o $@ $(filter %.o,$^) $(PKG_LIBS) -lm

$(B)/locale/%/LC_MESSAGES/hjgate.mo: share/locale/%.po
	@mkdir -p $(@D)
	$(call Q,MO)msgfmt --check --no-hash -o $@ $<

ifneq ($(BUILD_CC),)
run_built  =
$(B)/catalog/make: systemd/catalog.c src/model/event.c src/sys/journal.c src/sys/secret.c
	@mkdir -p $(@D)
	$(call Q,BUILD_CC)$(BUILD_CC) $(BUILD_CFLAGS) -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Iinclude -ffunction-sections -Wl,--gc-sections $(BUILD_LDFLAGS) -o $@ $^ -lcrypto
else
run_built  = $(RUN)
$(B)/catalog/make: $(B)/obj/systemd/catalog.o $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm
endif
$(B)/catalog/hjgate.catalog: $(B)/catalog/make
	$(call Q,CATALOG)$(run_built) $< en $(B)/locale >$@
$(B)/catalog/hjgate.%.catalog: $(B)/locale/%/LC_MESSAGES/hjgate.mo $(B)/catalog/make
	$(call Q,CATALOG)$(run_built) $(B)/catalog/make $* $(B)/locale >$@

# ---- what is run ----------------------------------------------------------

needs:
	@sh packaging/needs install

# Built with as many jobs as there are processors, unless whoever asks has said how many.
check: needs
	@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$$(nproc)) tests
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test

test: tests
	@tests/run --build $(B) $(T)

check-system: needs all $(SIM)
	@sh packaging/needs install system-needs || echo "check-system: goes on without them"
	@$(MAKE) --no-print-directory deb || echo "check-system: goes on without a package"
	@tests/run --build $(B) --system $(T)

check-arm: needs
	@sh packaging/needs install deb-cross-needs
	@sh packaging/needs install arm-needs
	@T='$(T)' tests/arm/run $(ARCH)

sim: $(WORLD)
	@tests/world/sim --world $(B)/world/world --scenarios --acceptance --seeds $(or $(SEEDS),20) --days $(or $(DAYS),10) --seed $(or $(SEED),1) $(if $(GO_ON),--go-on)

sim-plants: $(WORLD)
	@HJ_BUILD=$(B) tests/world/plant

lint: all
	@tests/lint/run $(B)

analyse: needs
	@sh packaging/needs install analyse-needs
	@tests/analyse/run $(T)

demo: needs
	@$(MAKE) --no-print-directory -s all $(SIM)
	@HJ_BUILD=$(abspath $(B)) tests/demo/demo

torture: needs all $(SIM)
	@HJ_BUILD=$(abspath $(B)) MINUTES='$(MINUTES)' SEED='$(SEED)' tests/torture/torture

bench: all $(SIM) $(BENCH)
	@HJ_BUILD=$(abspath $(B)) bench/run

bench-bus: needs all $(SIM) $(BENCH)
	@bench/bus needs || echo "bench-bus: goes on without them"
	@HJ_BUILD=$(abspath $(B)) bench/bus $(T)

bench-store: needs all $(SIM) $(BENCH)
	@bench/store needs || echo "bench-store: goes on without them"
	@HJ_BUILD=$(abspath $(B)) bench/store $(T)

bench-uplink: needs all $(SIM) $(BENCH)
	@bench/uplink needs || echo "bench-uplink: goes on without them"
	@HJ_BUILD=$(abspath $(B)) bench/uplink $(T)

bench-judge: needs all $(SIM) $(BENCH) $(B)/unit/test_judge_sim
	@bench/judge needs || echo "bench-judge: goes on without them"
	@HJ_BUILD=$(abspath $(B)) bench/judge $(T)

bench-peers: needs all $(SIM) $(BENCH)
	@bench/compare needs || echo "bench-peers: goes on without them"
	@HJ_BUILD=$(abspath $(B)) bench/compare $(T)

bench-system: needs all $(SIM) $(BENCH)
	@bench/system needs || echo "bench-system: goes on without them"
	@$(MAKE) --no-print-directory deb || echo "bench-system: goes on without a package"
	@HJ_BUILD=$(abspath $(B)) bench/system $(T)

MINUTES ?= 5
JOBS    ?=
KEEP    ?=
fuzz: needs
	@sh packaging/needs install fuzz-needs
	@$(MAKE) --no-print-directory B='$(B)/libfuzzer' CC=clang W= CFLAGS='-O1 -g' SAN=address,undefined,fuzzer-no-link \
		LDFLAGS='-fsanitize=fuzzer -Wl,--no-gc-sections' FUZZ_DRIVER=mutator fuzz-targets
	@$(MAKE) --no-print-directory B='$(B)/libfuzzer/cover' CC=clang W= CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' \
		LDFLAGS=-fprofile-instr-generate fuzz-targets
	@tests/fuzz/run --build '$(B)/libfuzzer' --minutes '$(MINUTES)' $(if $(JOBS),--jobs '$(JOBS)') $(if $(KEEP),--keep) $(T)
fuzz-targets: $(FUZZ)

PLACES = B='$(B)' VERSION='$(VERSION)' INSTALL='$(INSTALL)' bindir='$(bindir)' libexecdir='$(libexecdir)' datadir='$(datadir)' \
	mandir='$(mandir)' localedir='$(localedir)' sysconfdir='$(sysconfdir)' unitdir='$(unitdir)' \
	generatordir='$(generatordir)' sysusersdir='$(sysusersdir)' tmpfilesdir='$(tmpfilesdir)' \
	catalogdir='$(catalogdir)' udevrulesdir='$(udevrulesdir)'
install: all
	@DESTDIR='$(DESTDIR)' $(PLACES) sh packaging/install

# The copy of the tree is built by debhelper: nothing of this build folder goes into a package.
ARCH  ?=
SUITE ?=
deb: deb-needs
	@VERSION='$(VERSION)' packaging/deb $(ARCH) $(SUITE)
# KEY=fingerprint or file, OUT=folder, URL=where it will be reached.
repo: repo-needs
	@KEY='$(KEY)' OUT='$(OUT)' URL='$(URL)' packaging/repo
stick: repo-needs deb
	@KEY='$(KEY)' OUT='$(OUT)' packaging/stick $(ARCH) $(SUITE)
repo-needs: needs
	@sh packaging/needs install repo-needs
deb-needs: needs
	@sh packaging/needs install deb-needs
	@$(if $(ARCH)$(SUITE),sh packaging/needs install deb-cross-needs)

# A build of its own, in which no path of this machine is left over. Of an SDK of OpenEmbedded, the architecture is in its sysroot's name; its pkg-config
# may put the sysroot before what it says of the image. What is installed is without tables for unwinding, as the package of Debian is: nothing in it unwinds,
# and a debugger has its own. Some tests do.
IPK_ARCH   = $(or $(if $(filter command,$(firstword $(origin ARCH))),$(ARCH)),$(shell echo '$(notdir $(SDKTARGETSYSROOT))' | sed 's/-[^-]*-linux.*//'),$(ARCH))
ipk:
	@$(MAKE) --no-print-directory B='$(B)/ipk-$(IPK_ARCH)' CFLAGS='$(CFLAGS) -fno-asynchronous-unwind-tables -fno-unwind-tables -ffile-prefix-map=$(CURDIR)=.' all
	@$(MAKE) --no-print-directory B='$(B)/ipk-$(IPK_ARCH)' OUT='$(or $(OUT),$(B))' ARCH='$(IPK_ARCH)' ipk-packed
ipk-packed: unitdir := $(patsubst $(PKG_CONFIG_SYSROOT_DIR)/%,/%,$(unitdir))
ipk-packed:
	@ARCH='$(ARCH)' OUT='$(OUT)' CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' $(PLACES) packaging/ipk/mkipk

clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
