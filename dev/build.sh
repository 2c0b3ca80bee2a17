# Sourced by ./mainstay: builds the program when a source is newer than the last build.
MODULES="model engine ssh bundle cluster playground cli"

find_maven() {
  command -v mvn > /dev/null && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "mainstay: installing Maven (apt-get install maven)" >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends maven > /dev/null
    return
  fi
  echo "mainstay: needs Maven to build itself: sudo apt-get install maven" >&2
  return 1
}

build_if_stale() {
  local here=$1 stamp=$1/cli/target/.built sources=() module
  for module in $MODULES; do sources+=("$here/$module/src/main" "$here/$module/pom.xml"); done
  # what dev/learn.sh runs beside the program
  sources+=("$here/ssh/src/test")
  if [ -f "$stamp" ] && [ -z "$(find "${sources[@]}" "$here/pom.xml" -newer "$stamp" -print -quit)" ]; then
    return 0
  fi
  find_maven || return 1
  echo "mainstay: building (about a minute the first time)" >&2
  (
    cd "$here"
    flock 9
    if ! mvn -q -pl "${MODULES// /,}" -DskipTests -Denforcer.skip -Dspotless.check.skip package > .build.log 2>&1; then
      cat .build.log >&2
      echo "mainstay: the build failed" >&2
      exit 1
    fi
    rm -f .build.log
    touch "$stamp"
  ) 9> "$here/.build.lock" || return 1
}
