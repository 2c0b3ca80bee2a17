#!/bin/bash
# Runs when the host boots, before the local proxy and kubelet: a power cut may have torn /etc/hosts, and other tools
# write it anew at each boot. The block comes back from the copy that was written whole before; the lines of others stay.
# Written by Mainstay; changes are undone by the next apply.
set -eu
copy=/var/lib/mainstay/hosts
hosts=/etc/hosts
[ -s $copy ] || exit 0
block() { sed -n '/^# BEGIN mainstay /,/^# END mainstay /p' "$1"; }
# Whether what is there was merely cut short, and not by somebody who took lines away below our block.
is_torn() {
  [ -s $hosts ] || return 0
  head -c "$(stat -c %s $hosts)" $copy | cmp -s - $hosts || return 1
  [ -n "$(tail -c 1 $hosts)" ] || [ "$(block $hosts)" != "$(block $copy)" ]
}
healed=$(mktemp /run/mainstay-hosts.XXXXXX)
trap 'rm -f "$healed"' EXIT
if is_torn; then
  cat $copy > "$healed"
else
  # ours goes, whatever is left of it, and what claims our names on loopback is put behind a #
  awk -v cut="$(tail -c 1 $hosts)" '
    # as in HostsFile: whether text is a node of the domain, which begins with a dot
    function is_node(text, domain,   word, rest) {
      if (text !~ /^[^ \t]+ [^ \t]+ [^ \t]+$/) return 0
      split(text, word, " ")
      rest = length(word[2]) - length(domain)
      return rest > 0 && substr(word[2], rest + 1) == domain
    }
    FNR == NR { if (/^# BEGIN mainstay /) ours = 1
                if (ours) { block[$0] = 1; if (!/^#/) for (i = 2; i <= NF; i++) names[$i] = 1 }
                if (/^# END mainstay /) ours = 0
                next }
    { line[++n] = $0 }
    END {
      for (i = 1; i <= n; i++) {
        if (line[i] ~ /^# BEGIN mainstay /) {
          for (end = i + 1; end <= n && line[end] !~ /^# (BEGIN|END) mainstay /; end++) ;
          if (end <= n && line[end] ~ /^# END mainstay /) { i = end; continue }
          # without its end it reaches as far as its lines are of its domain: what follows is of others
          if (i < n && line[i + 1] ~ /^127\.0\.0\.1 api\.[^ \t]+$/) {
            domain = substr(line[++i], length("127.0.0.1 api") + 1)
            while (i < n && is_node(line[i + 1], domain)) i++
          }
          # and one more where the file ends in the middle of it
          if (cut != "" && i == n - 1) {
            for (whole in block) if (index(whole, line[n]) == 1) i = n
          }
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
fi
cmp -s "$healed" $hosts && exit 0
# in place: etcd has this very file mounted
cat "$healed" > $hosts
echo "the hosts block was not whole and is written again"
