# Says whether one of CoreDNS's pods could move to another node, or need not.
are=$(dns_pods)
all_on_one "$are" || exit 0
another_could "${are%% *}" || die "no other node than ${are%% *} takes pods yet" 75
