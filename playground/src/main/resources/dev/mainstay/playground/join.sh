# Usage: sh -c THIS join RECORD DIRECTORIES COMMAND...
# Moves this process into control groups (DIRECTORIES, one a line), writes "PID STARTTIME BOOT" into
# the file RECORD unless that is "-", and becomes COMMAND. The process id stays the same throughout, so
# the record is there before the command is, whatever happens to the process that called us.
set -eu
record=$1
directories=$2
shift 2
printf '%s\n' "$directories" | while IFS= read -r directory; do
  if [ -n "$directory" ]; then echo $$ >"$directory/cgroup.procs"; fi
done
if [ "$record" != - ]; then
  stat=$(cat "/proc/$$/stat")
  # the second field is a command's name in brackets, with anything in it; start time is field 22
  start=$(printf '%s' "${stat##*) }" | cut -d ' ' -f 20)
  printf '%s %s %s\n' $$ "$start" "$(cat /proc/sys/kernel/random/boot_id)" >"$record.new"
  mv "$record.new" "$record"
fi
exec "$@"
