SUMMARY = "An example: a gateway with hjgate, a read-only root and a data partition"
DESCRIPTION = "To copy into the product's own layer. Partitions, bootloader and update (RAUC, SWUpdate) are the board's; README.md of meta-hjgate says what \
hjgate wants of them."
LICENSE = "Apache-2.0"

inherit core-image

IMAGE_INSTALL = "packagegroup-core-boot hjgate hjgate-machine hjgate-data hjgate-site hjgate-locale-zh-cn tzdata-core"

# The root is never written. /etc is an overlay on the data partition, mounted before systemd starts, because hjgate's generator reads the buses and
# platforms in /etc/hjgate when no other mount has been made yet.
IMAGE_FEATURES += "read-only-rootfs overlayfs-etc"
OVERLAYFS_ETC_MOUNT_POINT ?= "/data"
OVERLAYFS_ETC_DEVICE ?= "/dev/mmcblk0p4"
OVERLAYFS_ETC_FSTYPE ?= "ext4"
# data=ordered and barriers are ext4's defaults, and must stay: a commit that was reported has to be on the disk.
OVERLAYFS_ETC_MOUNT_OPTIONS ?= "defaults,noatime"
