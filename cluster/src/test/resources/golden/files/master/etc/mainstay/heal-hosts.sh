#!/bin/bash
# Runs when the host boots, before the local proxy and kubelet: a power cut may have torn /etc/hosts, and other tools
# write it anew at each boot. The block comes back from the copy that was written whole before; the lines of others stay.
# Written by Mainstay; changes are undone by the next apply.
set -eu
copy=/var/lib/mainstay/hosts
hosts=/etc/hosts
[ -s $copy ] || exit 0
block() { sed -n '/^# BEGIN mainstay /,/^# END mainstay /p' "$1"; }
healed=$(mktemp /run/mainstay-hosts.XXXXXX)
trap 'rm -f "$healed"' EXIT
if [ -f $hosts ] && ! head -c "$(stat -c %s $hosts)" $copy | cmp -s - $hosts; then
  # not merely cut short: ours goes, whatever is left of it, and what claims our names on loopback is put behind a #
  awk '
    FNR == NR { if (/^# BEGIN mainstay /) ours = 1
                if (ours) { for (i = 2; i <= NF; i++) names[$i] = 1 }
                if (/^# END mainstay /) ours = 0
                next }
    { line[++n] = $0 }
    END {
      for (i = 1; i <= n; i++) {
        if (line[i] ~ /^# BEGIN mainstay /) {
          for (end = i + 1; end <= n && line[end] !~ /^# (BEGIN|END) mainstay /; end++) ;
          if (end <= n && line[end] ~ /^# END mainstay /) { i = end; continue }
          while (i < n && line[i + 1] ~ /^[0-9.]+ [^ ]+\.[^ ]+( [^ ]+)?$/) i++
          continue
        }
        if (line[i] ~ /^# END mainstay /) continue
        count = split(line[i], word, /[ \t]+/)
        claims = 0
        if (word[1] ~ /^(127\.|::1$)/) {
          for (j = 2; j <= count && word[j] !~ /^#/; j++) if (tolower(word[j]) in names) claims = 1
        }
        print (claims ? "#mainstay# " : "") line[i]
      }
    }' $copy $hosts > "$healed"
  block $copy >> "$healed"
  # the same but for where the block stands
  if [ "$(block $hosts)" = "$(block $copy)" ] && [ "$(sort $hosts)" = "$(sort "$healed")" ]; then exit 0; fi
else
  cat $copy > "$healed"
fi
cmp -s "$healed" $hosts && exit 0
# in place: etcd has this very file mounted
cat "$healed" > $hosts
echo "the hosts block was not whole and is written again"
