# Sourced by ./mainstay and ./check: sets JAVA_HOME to a JDK 25 or newer, or says how to get one.
jdk_major() { "$1/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p'; }

# systemd and cron may give none
[ -n "${HOME:-}" ] || { HOME=$(cd ~ && pwd); export HOME; }

find_jdk() {
  local candidate major
  for candidate in "${MAINSTAY_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*2[6-9]* /opt/*jdk*25* \
      "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25*; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] || continue
    case $candidate in *25*) ;; *)
      major=$(jdk_major "$candidate")
      [ "${major%%.*}" -ge 25 ] 2>/dev/null || continue ;;
    esac
    JAVA_HOME=$candidate
    export JAVA_HOME
    return 0
  done
  cat >&2 <<'EOF'
mainstay: needs JDK 25 and found none in $MAINSTAY_JAVA_HOME, $JAVA_HOME, /usr/lib/jvm, /opt, ~/.sdkman or ~/.jdks.
    Debian 13, Ubuntu 24.04 or newer: sudo apt-get install openjdk-25-jdk-headless
    anywhere: install Temurin 25 (https://adoptium.net), or: sdk install java 25-tem
    then run this command again; MAINSTAY_JAVA_HOME=/path/to/jdk names one that lies elsewhere
EOF
  return 1
}
