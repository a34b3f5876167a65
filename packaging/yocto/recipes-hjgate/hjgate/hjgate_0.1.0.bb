SUMMARY = "Field gateway of environmental monitoring"
DESCRIPTION = "Reads meters and switches, keeps what it read, judges whether production and treatment equipment runs, \
and reports to any number of authorities' platforms by HJ 212."
SECTION = "net"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# Where the sources come from. Empty: the tree that this layer came with, as it lies there. For a product, a tarball with its checksum
# (SRC_URI[sha256sum]) or a repository with its commit (SRCREV) and ;destsuffix=${BP}, in a bbappend or in the distribution's configuration.
HJGATE_URI ?= ""
SRC_URI = "${HJGATE_URI}"

DEPENDS = "jansson libconfig libmodbus libserialport openssl sqlite3 systemd openssl-native"

inherit pkgconfig systemd useradd features_check
inherit ${@'' if d.getVar('HJGATE_URI') else 'externalsrc'}
EXTERNALSRC = "${@'' if d.getVar('HJGATE_URI') else os.path.realpath(d.getVar('HJGATE_TREE'))}"

# It is managed by systemd alone: sockets by right, a generator for buses and platforms, each program its own user.
REQUIRED_DISTRO_FEATURES = "systemd"

PACKAGECONFIG ??= "alerts tls locale"
# hjgate-alertd, which tells people: package hjgate-alertd. It trusts whom the image trusts.
PACKAGECONFIG[alerts] = ",,curl"
# TLS to platforms, loaded where an uplink asks for it: package hjgate-tls.
PACKAGECONFIG[tls] = ",,openssl"
# Texts in other languages: packages hjgate-locale-*.
PACKAGECONFIG[locale] = ",,gettext-native"

def hjgate_without(d):
    chosen = (d.getVar('PACKAGECONFIG') or '').split()
    return ' '.join(part for part in ('alerts', 'tls', 'locale') if part not in chosen)

# W=: this tree was warned clean by another compiler. BUILD_CC: the journal's catalog is made by a program that runs while building.
EXTRA_OEMAKE = "\
    V=1 W= \
    'B=${B}/build' \
    'WITHOUT=${@hjgate_without(d)}' \
    'CC=${CC}' 'CFLAGS=${CFLAGS}' 'LDFLAGS=${LDFLAGS}' 'AR=${AR}' \
    'BUILD_CC=${BUILD_CC}' 'BUILD_CFLAGS=${BUILD_CFLAGS}' 'BUILD_LDFLAGS=${BUILD_LDFLAGS}' \
    prefix=${prefix} bindir=${bindir} libexecdir=${libexecdir}/hjgate datadir=${datadir} mandir=${mandir} localedir=${datadir}/locale \
    sysconfdir=${sysconfdir} unitdir=${systemd_system_unitdir} generatordir=${systemd_unitdir}/system-generators \
    sysusersdir=${nonarch_libdir}/sysusers.d tmpfilesdir=${nonarch_libdir}/tmpfiles.d catalogdir=${nonarch_libdir}/systemd/catalog \
    udevrulesdir=${nonarch_base_libdir}/udev/rules.d \
"

do_configure[noexec] = "1"

do_compile() {
    cd ${S}
    oe_runmake all
}

do_install() {
    cd ${S}
    oe_runmake install DESTDIR=${D}
    # Ours already while the image is made: on a read-only root nobody can do it later (hjgate.tmpfiles says the same).
    chown root:hjgate ${D}${sysconfdir}/hjgate/uplinks.d
    chmod 0750 ${D}${sysconfdir}/hjgate/uplinks.d
    install -d -m 0750 -o root -g hjgate-alertd ${D}${sysconfdir}/hjgate/secrets
    # Of the whole machine, and therefore a package of their own: a journal in memory and bounded, the hardware watchdog armed.
    install -d ${D}${nonarch_libdir}/systemd/journald.conf.d ${D}${nonarch_libdir}/systemd/system.conf.d
    install -m 0644 ${S}/systemd/examples/journald-hjgate.conf ${D}${nonarch_libdir}/systemd/journald.conf.d/hjgate.conf
    install -m 0644 ${S}/systemd/examples/watchdog-hjgate.conf ${D}${nonarch_libdir}/systemd/system.conf.d/hjgate.conf
}

# As systemd/hjgate.sysusers has them; with a read-only root they have to be in the image.
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system hjgate; --system hjgate-admin; --system hjgate-peer; --system hjgate-judged; --system hjgate-meterd; \
--system hjgate-uplinkd; --system hjgate-alertd; --system hjgate-clockd; --system gpio"
HJGATE_USER = "--system --no-create-home --shell /sbin/nologin"
USERADD_PARAM:${PN} = "${HJGATE_USER} -g hjgate -d /var/lib/hjgate -c 'hjgate, records and events' hjgate; \
${HJGATE_USER} -g hjgate-judged -d / -c 'hjgate, judges equipment' hjgate-judged; \
${HJGATE_USER} -g hjgate-meterd -d / -c 'hjgate, asks meters' hjgate-meterd; \
${HJGATE_USER} -g hjgate-uplinkd -d / -c 'hjgate, reports to platforms' hjgate-uplinkd; \
${HJGATE_USER} -g hjgate-alertd -d / -c 'hjgate, tells people' hjgate-alertd; \
${HJGATE_USER} -g hjgate-clockd -d / -c 'hjgate, sets the clock' hjgate-clockd"

# The target brings all others: its generator makes one instance for each bus and each platform. hjgate-link-hook.path is for a site to enable.
SYSTEMD_SERVICE:${PN} = "hjgate.target"

PACKAGES =+ "${PN}-alertd ${PN}-tls ${PN}-machine"
FILES:${PN}-alertd = "${libexecdir}/hjgate/hjgate-alertd ${systemd_system_unitdir}/hjgate-alertd* ${sysconfdir}/hjgate/alerts.conf.example ${sysconfdir}/hjgate/secrets"
FILES:${PN}-tls = "${libexecdir}/hjgate/hjgate-uplinkd-tls.so"
# Its programs' own, of no use to anybody else.
PRIVATE_LIBS:${PN} = "libhjgate-${PV}.so"
FILES:${PN}-machine = "${nonarch_libdir}/systemd/journald.conf.d ${nonarch_libdir}/systemd/system.conf.d"
FILES:${PN} += "\
    ${libexecdir}/hjgate \
    ${datadir}/hjgate \
    ${datadir}/bash-completion \
    ${systemd_system_unitdir} \
    ${systemd_unitdir}/system-generators/hjgate-generator \
    ${nonarch_libdir}/sysusers.d/hjgate.conf \
    ${nonarch_libdir}/tmpfiles.d/hjgate.conf \
    ${nonarch_libdir}/systemd/catalog \
    ${nonarch_base_libdir}/udev/rules.d/70-hjgate.rules \
"
FILES:${PN}-doc += "${datadir}/hjgate/wireshark"
# A plugin, not a library to link with.
INSANE_SKIP:${PN}-tls = "dev-so"
FILES_SOLIBSDEV = ""

# The rest of /etc/hjgate are examples; a site's own files belong to nobody's package or to hjgate-site.
CONFFILES:${PN} = "${sysconfdir}/hjgate/hjgate.conf ${sysconfdir}/hjgate/factors.conf"

RDEPENDS:${PN}-alertd = "${PN}"
RDEPENDS:${PN}-tls = "${PN}"
RRECOMMENDS:${PN} = "\
    ${@bb.utils.contains('PACKAGECONFIG', 'alerts', '${PN}-alertd', '', d)} \
    ${@bb.utils.contains('PACKAGECONFIG', 'tls', '${PN}-tls', '', d)} \
"
RRECOMMENDS:${PN}-alertd = "ca-certificates"
RRECOMMENDS:${PN}-tls = "ca-certificates"
# For platforms that want GBK (dialect.text): the C library reads its table from a file.
RRECOMMENDS:${PN}:append:libc-glibc = " glibc-gconv-gbk"
