# Sourced by ./mainstay: lets the JDK watch a run of the program and keep what it loaded, linked and
# found hot in cli/target/mainstay.aot (docs/decisions/0005-aot-cache.md). Without that file all works, only slower.

jdk_name() { printf '%s\n' "$JAVA_HOME"; cat "$JAVA_HOME/release" 2> /dev/null || true; }

is_learned() {
  local here=$1 target=$1/cli/target learned=$1/cli/target/.learned
  [ -f "$learned" ] && [ "$(jdk_name)" = "$(< "$learned")" ] &&
    [ -z "$(find "$target/lib" "$target"/*.jar "$here/dev" -newer "$learned" -print -quit)" ]
}

# Under the build's lock, saying nothing: what went wrong stays in .build.log, and is tried again after the next build.
learn() (
  set +e
  here=$1 target=$1/cli/target
  log=$here/.build.log
  rm -f "$target/mainstay.aot"
  folder=$(mktemp -d "$target/learn.XXXXXX") || exit 0
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT TERM
  jvm
  {
    "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 "$here/dev/Unsign.java" "$target"/lib/bc*.jar
    class_path "$here"
    cd "$folder" || exit 0
    timeout --foreground -k 5 60 env -u SSH_AUTH_SOCK -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u _JAVA_OPTIONS \
      HOME="$folder" XDG_DATA_HOME="$folder" \
      "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$CLASS_PATH:$here/ssh/target/test-classes" \
      dev.mainstay.ssh.mina.Rehearsal "$folder" "$here/dev/rehearsal/host.sh" \
      "${JVM[@]}" -XX:AOTCacheOutput="$folder/mainstay.aot" -Duser.home="$folder" -cp "$CLASS_PATH" \
      dev.mainstay.cli.Main status --accept-new-host-keys -f "$folder/cluster.yaml"
    code=$?
    # healthy or degraded: how well the host plays is no matter
    if { [ "$code" = 0 ] || [ "$code" = 11 ]; } && mv "$folder/mainstay.aot" "$target/mainstay.aot"; then
      rm -f "$log"
    else
      echo "mainstay: the JDK did not learn how the program starts (exit $code); it runs without, and slower"
    fi
  } > "$log" 2>&1 < /dev/null
  jdk_name > "$target/.learned"
)

learn_if_stale() {
  local here=$1
  if is_learned "$here" || [ ! -w "$here/cli/target" ]; then
    return 0
  fi
  echo "mainstay: learning to start faster (some seconds, once for each build and JDK)" >&2
  (
    flock 9
    # another command may have waited for the lock with us, and come first
    is_learned "$here" || learn "$here"
  ) 9> "$here/.build.lock" || case $? in 130) exit 130 ;; esac
}
