# Says which of the masters $@ (NAME ADDRESS, and so on) are alive as this host sees it, and ends with 6 where one is. Changes
# nothing.
others_or_die "$@"
