# Lists the artifacts that arrived whole but wait to be used, one sha256 a line. A power cut may have left less behind than
# a name says: what differs from it goes.
one_at_a_time
[ -d /var/lib/mainstay/artifacts ] || exit 0
cd /var/lib/mainstay/artifacts
for file in *; do
  case $file in *[!0-9a-f]*) continue ;; esac
  [ ${#file} = 64 ] && [ -f "$file" ] || continue
  if [ "$(digest < "$file")" = "$file" ]; then echo "$file"; else rm -f "$file"; fi
done
