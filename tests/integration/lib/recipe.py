"""packaging/yocto beside the tree that it builds. Of bitbake's language only what these recipes use is understood: assignments, `:append`, ${NAME};
what is said in Python there is left to bitbake. Standard library only."""

import fnmatch
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import types

from suite import check

# What bitbake.conf says, as far as it matters here.
PLACES = {"prefix": "/usr", "bindir": "/usr/bin", "libdir": "/usr/lib", "libexecdir": "/usr/libexec", "datadir": "/usr/share", "mandir": "/usr/share/man",
          "sysconfdir": "/etc", "nonarch_libdir": "/usr/lib", "nonarch_base_libdir": "/usr/lib", "systemd_unitdir": "/lib/systemd",
          "systemd_system_unitdir": "/lib/systemd/system", "PN": "hjgate", "BPN": "hjgate"}
DEFAULT_FILES = [("hjgate-doc", "/usr/share/doc /usr/share/man /usr/share/info"), ("hjgate-locale", "/usr/share/locale"),
                 ("hjgate", "/usr/bin/* /usr/sbin/* /usr/libexec/* /usr/lib/lib*.so.* /etc /usr/share/hjgate /usr/lib/hjgate/*")]
# pkg-config's name, the recipe that brings it
RECIPES = {"jansson": "jansson", "libsystemd": "systemd", "sqlite3": "sqlite3", "libconfig": "libconfig", "libmodbus": "libmodbus",
           "libserialport": "libserialport", "libcrypto": "openssl", "libssl": "openssl", "libcurl": "curl"}
SITE = {"@HOST@": "platform.example", "@PORT@": "9000", "@MN@": "010000A8900016F000169DC0", "@PW@": "123456", "@ST@": "31"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def assignments(text):
    """{name: value}, the words that `+=`, `=+` and `:append` add behind it."""
    found = {}
    text = re.sub(r"\\\n", " ", text)
    for name, how, value in re.findall(r'^([A-Za-z][\w:${}\[\].-]*)\s*(\?\?=|\?=|\+=|=\+|=)\s*"(.*)"\s*$', text, re.M):
        name = name.replace("${PN}", "hjgate")
        if name.endswith(":append") or how in ("+=", "=+"):
            name = re.sub(":append$", "", name)
            found[name] = found.get(name, "") + " " + value
        else:
            found[name] = value
    return found


class Recipe:
    def __init__(self, top):
        self.top = top
        self.layer = os.path.join(top, "packaging/yocto")
        recipes = glob.glob(os.path.join(self.layer, "recipes-hjgate/hjgate/hjgate_*.bb"))
        check(len(recipes) == 1, "one recipe of one version is wanted: %s" % recipes)
        self.path = recipes[0]
        self.text = read(self.path)
        self.said = assignments(self.text)

    def value(self, name):
        text = self.said.get(name, "")
        for _ in range(5):
            text = re.sub(r"\$\{(\w+)\}", lambda m: PLACES.get(m.group(1), self.said.get(m.group(1), m.group(0))), text)
        return text

    # ---- what bitbake would stumble over

    def check_head(self):
        version = re.search(r"^VERSION\s*:=\s*(\S+)", read(os.path.join(self.top, "Makefile")), re.M).group(1)
        check(os.path.basename(self.path) == "hjgate_%s.bb" % version, "the Makefile's version is %s, the recipe is %s" % (version, self.path))
        licence = hashlib.md5(read(os.path.join(self.top, "LICENSE")).encode()).hexdigest()
        check(self.said["LIC_FILES_CHKSUM"] == "file://LICENSE;md5=" + licence, "LIC_FILES_CHKSUM, of %s: %s" % (licence, self.said["LIC_FILES_CHKSUM"]))
        for kind in ("pkgconfig", "systemd", "useradd"):
            check(re.search(r"^inherit .*\b%s\b" % kind, self.text, re.M), "the recipe does not inherit %s" % kind)
        layer = assignments(read(os.path.join(self.layer, "conf/layer.conf")))
        name = layer["BBFILE_COLLECTIONS"].split()[0]
        for key in ("BBFILE_PATTERN_", "BBFILE_PRIORITY_", "LAYERDEPENDS_", "LAYERSERIES_COMPAT_"):
            check(layer.get(key + name), "layer.conf says no %s%s" % (key, name))
        patterns = layer["BBFILES"].replace("${LAYERDIR}", self.layer).split()
        for folder, _, files in os.walk(self.layer):
            for bb in (os.path.join(folder, f) for f in files if f.endswith(".bb")):
                check(any(fnmatch.fnmatch(bb, p) for p in patterns), "BBFILES does not find %s" % bb)

    def check_needs(self):
        """What pkg-config is asked for, the recipe depends on; and on nothing else of the box."""
        makefile = read(os.path.join(self.top, "Makefile"))
        asked = re.search(r"^PKGS\s*:=\s*(.*)$", makefile, re.M).group(1)
        asked = set(re.findall(r"\blib\w+\b|jansson|sqlite3", asked)) | set(re.findall(r"--libs (lib\w+)", makefile))
        wanted = {RECIPES.get(p, p) for p in asked}
        optional = [v.split(",")[2] for n, v in self.said.items() if n.startswith("PACKAGECONFIG[")]
        depends = set(self.value("DEPENDS").split()) | {w for o in optional for w in o.split()}
        check({d for d in depends if not d.endswith("-native")} == wanted, "the Makefile asks for %s, DEPENDS are %s" % (sorted(wanted), sorted(depends)))
        parts = set(re.findall(r"filter (\w+),\$\(WITHOUT\)", makefile))
        check(parts == {n[len("PACKAGECONFIG["):-1] for n in self.said if n.startswith("PACKAGECONFIG[")}, "WITHOUT knows %s, PACKAGECONFIG others" % parts)

    def check_users(self):
        """As hjgate.sysusers has them: bitbake compares them when it makes an image, and systemd-sysusers finds them there."""
        users, groups = {}, set()
        for line in read(os.path.join(self.top, "systemd/hjgate.sysusers")).splitlines():
            if line.startswith("u"):
                name, comment, home = re.match(r'u (\S+) - "(.*)" (\S+)$', line).groups()
                users[name] = (comment, home)
                groups.add(name)
            elif line.startswith("g"):
                groups.add(line.split()[1])
        made = {}
        for one in self.value("USERADD_PARAM:hjgate").split(";"):
            group, home, comment, name = re.search(r"-g (\S+) -d (\S+) -c '(.*)' (\S+)\s*$", one).groups()
            check(group == name and "--system" in one, "USERADD_PARAM: %s" % one)
            made[name] = (comment, home)
        check(made == users, "hjgate.sysusers has %s, the recipe %s" % (users, made))
        check({g.split()[-1] for g in self.value("GROUPADD_PARAM:hjgate").split(";")} == groups, "the groups of hjgate.sysusers are %s" % sorted(groups))
        for table, names in (("passwd", users), ("group", groups)):
            lines = [x.split(":") for x in read(os.path.join(self.layer, "files/hjgate-" + table)).splitlines() if not x.startswith("#")]
            check({x[0] for x in lines} == set(names) and len({x[2] for x in lines}) == len(lines), "files/hjgate-%s: %s" % (table, lines))

    # ---- beside what is installed

    def check_units(self, root):
        for unit in self.value("SYSTEMD_SERVICE:hjgate").split():
            path = os.path.join(root, "lib/systemd/system", unit)
            check(os.path.exists(path), "SYSTEMD_SERVICE names %s, which is not installed" % unit)
            check("[Install]" in read(path), "%s cannot be enabled" % unit)

    def packages(self):
        """[(package, [patterns])] in the order in which they take what is theirs."""
        first = [p.replace("${PN}", "hjgate") for p in self.said["PACKAGES"].split()]
        default = dict(DEFAULT_FILES)
        return [(p, (default.get(p, "") + " " + self.value("FILES:" + p)).split()) for p in first + [p for p, _ in DEFAULT_FILES]]

    def package_of(self, path):
        for package, patterns in self.packages():
            if any(fnmatch.fnmatch(path, p) or fnmatch.fnmatch(path, p.rstrip("/") + "/*") for p in patterns):
                return package
        return None

    def check_files(self, files, folders):
        where = {f[1:]: self.package_of(f[1:]) for f in files + folders}
        lost = [f for f, package in where.items() if not package]
        check(not lost, "no FILES claims %s" % lost)
        for pattern, package in (("*/hjgate-alertd", "hjgate-alertd"), ("*/hjgate-alertd*.socket", "hjgate-alertd"), ("*-tls.so", "hjgate-tls"), ("*.8", "hjgate-doc"),
                                 ("*.mo", "hjgate-locale"), ("*.lua", "hjgate-doc"), ("*/hjgate.target", "hjgate"), ("*/hjgate.sysusers", "hjgate"), ("*/libhjgate-*.so", "hjgate")):
            odd = [(f, p) for f, p in where.items() if fnmatch.fnmatch(f, pattern) and p != package]
            check(not odd, "these should be in %s: %s" % (package, odd))
        for path in self.value("CONFFILES:hjgate").split():
            check(where.get(path) == "hjgate", "CONFFILES names %s, which is in %s" % (path, where.get(path)))
        empty = [p for p, _ in self.packages() if p not in where.values() and p != "hjgate-machine"]
        check(not empty, "nothing is in %s" % empty)

    def check_site(self, command):
        """The file that hjgate-site makes of HJGATE_MN and the like is one that `hjgate check` accepts."""
        root = tempfile.mkdtemp()
        try:
            os.makedirs(os.path.join(root, "etc/hjgate/uplinks.d"))
            shutil.copy(os.path.join(self.top, "etc/hjgate/factors.conf"), os.path.join(root, "etc/hjgate/factors.conf"))
            text = read(os.path.join(self.layer, "recipes-hjgate/hjgate-site/files/uplink.conf"))
            for word, value in SITE.items():
                check(word in text, "uplink.conf has no %s" % word)
                text = text.replace(word, value)
            with open(os.path.join(root, "etc/hjgate/uplinks.d/platform.conf"), "w", encoding="utf-8") as f:
                f.write(text)
            done = subprocess.run([command, "--root", root, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
            check(done.returncode == 0 and "platform" in done.stdout, "hjgate check of hjgate-site's file: %s" % done.stdout)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def check_site_words(self):
        """A password that would be written as another one is refused, by what hjgate-site says in Python itself."""
        text = read(glob.glob(os.path.join(self.layer, "recipes-hjgate/hjgate-site/hjgate-site_*.bb"))[0])
        check('do_install[prefuncs] += "hjgate_site_check"' in text, "nobody looks at what HJGATE_PW is")
        body = re.search(r"^python hjgate_site_check\(\) \{\n(.*?)^\}", text, re.M | re.S).group(1)
        for word in ("123456", "p&w", "p|w", "p\\w", "p'w", 'p"w'):
            for name in ("HJGATE_PW", "HJGATE_HOST"):
                refused = []
                values = types.SimpleNamespace(getVar=lambda n, name=name, word=word: word if n == name else None)
                exec("if True:\n" + body, {"d": values, "bb": types.SimpleNamespace(fatal=refused.append)})  # pylint: disable=exec-used
                check(bool(refused) == (word != "123456"), "%s = %s: %s" % (name, word, refused))
