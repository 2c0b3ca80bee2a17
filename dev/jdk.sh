# Sourced by ./mainstay and ./check: sets JAVA_HOME to a JDK 25 or newer, or says how to get one.

# Sets $major to the version of the JDK at $1, 25 for 25.0.3: by the file that each has, or else by asking it, which takes longer.
jdk_major() {
  local line
  major=
  if [ -r "$1/release" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in JAVA_VERSION=*) major=${line#*=} ;; esac
    done < "$1/release"
  fi
  [ -n "$major" ] || major=$("$1/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p')
  major=${major#\"}
  major=${major%%[!0-9]*}
}

# systemd and cron may give none
[ -n "${HOME:-}" ] || { HOME=$(cd ~ && pwd); export HOME; }

find_jdk() {
  local candidate major
  for candidate in "${MAINSTAY_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*2[6-9]* /opt/*jdk*25* \
      "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25*; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] || continue
    jdk_major "$candidate"
    [ "${major:-0}" -ge 25 ] || continue
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
