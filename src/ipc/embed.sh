#!/bin/sh
# Turns a .varlink file into a C string: hjgate.Store.varlink -> const char hj_idl_hjgate_Store[].
set -e
name=$(basename "$1" .varlink | tr . _)
printf 'extern const char hj_idl_%s[];\nconst char hj_idl_%s[] =\n' "$name" "$name"
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/\t"/' -e 's/$/\\n"/' "$1"
printf '\t"";\n'
