# Says whether one of CoreDNS's pods could move to another node, or need not.
are=$(dns_pods)
# while no node is ready it cannot be said where they will be
if [ -z "$are" ] || grep -q '^- ' <<< "$are"; then die "not every pod of CoreDNS has a node yet" 75; fi
all_on_one "$are" || exit 0
another_could "${are%% *}" || die "no other node than ${are%% *} takes pods yet" 75
