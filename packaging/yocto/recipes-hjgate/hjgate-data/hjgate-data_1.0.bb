SUMMARY = "hjgate's data on the data partition of an image with a read-only root"
DESCRIPTION = "Binds HJGATE_DATA/hjgate to /var/lib/hjgate: records, events, the key and what is still owed to platforms outlive every update."
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

# Where the image mounts its data partition (fstab, a .mount unit, or overlayfs-etc).
HJGATE_DATA ?= "/data"

SRC_URI = "file://var-lib-hjgate.mount"

inherit systemd features_check
REQUIRED_DISTRO_FEATURES = "systemd"

FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
HJGATE_FROM = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"
S = "${HJGATE_FROM}"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${systemd_system_unitdir}
    sed 's|@DATA@|${HJGATE_DATA}|' ${HJGATE_FROM}/var-lib-hjgate.mount >${D}${systemd_system_unitdir}/var-lib-hjgate.mount
    chmod 0644 ${D}${systemd_system_unitdir}/var-lib-hjgate.mount
}

SYSTEMD_SERVICE:${PN} = "var-lib-hjgate.mount"
FILES:${PN} = "${systemd_system_unitdir}/var-lib-hjgate.mount"
RDEPENDS:${PN} = "hjgate"
PACKAGE_ARCH = "${MACHINE_ARCH}"
