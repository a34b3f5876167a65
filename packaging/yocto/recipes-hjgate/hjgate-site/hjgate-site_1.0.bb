SUMMARY = "What one image of hjgate knows of its site: platform, MN, buses"
DESCRIPTION = "Configuration that comes with an image instead of being written on the box. A bbappend in the product's own layer names the files; \
README.md of meta-hjgate has an example."
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

# One platform, in the words of its letter. Without HJGATE_MN no file is made: then the MN is written on the box, which is right where one image is for
# many boxes. PW stands in the image and in the build's logs: where that will not do, leave HJGATE_MN empty and write the file when the box is made.
HJGATE_MN ?= ""
HJGATE_PW ?= ""
HJGATE_HOST ?= ""
HJGATE_PORT ?= "9000"
HJGATE_ST ?= "31"
HJGATE_UPLINK ?= "platform"

# A bbappend adds files as they are to lie below /etc/hjgate: SRC_URI += "file://hjgate/buses.d/north.conf file://hjgate/equipment.conf"
SRC_URI = "file://uplink.conf"

FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
HJGATE_FROM = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"
S = "${HJGATE_FROM}"

inherit useradd
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system hjgate"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

# They are put into the file by sed, from within quotes of the shell, and stand there within quotes: what is more than a letter to one of the three would
# be written as something else, and nobody would see it.
do_install[prefuncs] += "hjgate_site_check"
python hjgate_site_check() {
    for name in ("HJGATE_HOST", "HJGATE_PW", "HJGATE_ST"):
        for letter in "&|\\'\"":
            if letter in (d.getVar(name) or ""):
                bb.fatal("%s has a %s in it: leave HJGATE_MN empty, and bring the file whole (SRC_URI, hjgate/uplinks.d)" % (name, letter))
}

do_install() {
    etc=${D}${sysconfdir}/hjgate
    install -d $etc/buses.d $etc/factors.d $etc/models
    install -d -m 0750 -o root -g hjgate $etc/uplinks.d
    for folder in . buses.d uplinks.d factors.d models; do
        for file in ${HJGATE_FROM}/hjgate/$folder/*.conf; do
            [ ! -f $file ] || install -m 0644 $file $etc/$folder/
        done
    done
    if [ -n "${HJGATE_MN}" ]; then
        echo "${HJGATE_MN}" | grep -Eq '^([0-9A-F]{24}|66[0-9]{18}|[0-9]{14})$' ||
            bbfatal "HJGATE_MN = ${HJGATE_MN}: 24 hexadecimal digits in capitals, 20 digits that begin with 66, or 14 digits"
        [ -n "${HJGATE_HOST}" ] && [ -n "${HJGATE_PW}" ] || bbfatal "HJGATE_MN needs HJGATE_HOST and HJGATE_PW"
        sed 's|@HOST@|${HJGATE_HOST}|; s|@PORT@|${HJGATE_PORT}|; s|@MN@|${HJGATE_MN}|; s|@PW@|${HJGATE_PW}|; s|@ST@|${HJGATE_ST}|' \
            ${HJGATE_FROM}/uplink.conf >$etc/uplinks.d/${HJGATE_UPLINK}.conf
    fi
    # They hold passwords: for the daemons and for who may look.
    for file in $etc/uplinks.d/*.conf $etc/alerts.conf; do
        [ ! -f $file ] || { chown root:hjgate $file; chmod 0640 $file; }
    done
    find $etc -mindepth 1 -depth -type d -empty -delete
}

FILES:${PN} = "${sysconfdir}/hjgate"
CONFFILES:${PN} = "${sysconfdir}/hjgate"
ALLOW_EMPTY:${PN} = "1"
RDEPENDS:${PN} = "hjgate"
PACKAGE_ARCH = "${MACHINE_ARCH}"
