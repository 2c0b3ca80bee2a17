# Sourced by ./mainstay and dev/learn.sh: how the program is started, the same while the JDK learns it and ever after.

# Sets JVM. A run is short: the optimising compiler starts ten times later than usual, which saves a tenth of the
# processor's time, but for encryption, where hundreds of megabytes may wait for it.
jvm() {
  JVM=("$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx256m
    -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000
    -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000
    -XX:CompileCommand=quiet "-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.*::*,0.01")
}

# Sets CLASS_PATH: no wildcards and one order everywhere, or the JDK does not take what it learned.
class_path() {
  CLASS_PATH=$(
    LC_ALL=C IFS=:
    jars=("$1"/cli/target/mainstay-cli-*.jar "$1"/cli/target/lib/*.jar)
    printf '%s' "${jars[*]}"
  )
}
